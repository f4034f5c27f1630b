import { problems, Public } from '#common';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { colorStyle, fixedAssets, logoAsset, type Asset } from './assets.ts';

/** A logo opened as a page of its own runs nothing, and loads nothing. */
const logoPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Style sheets, the script and the logo of the pages. */
@Public()
@ApiExcludeController()
@Controller('assets')
export class AssetsController {
  private readonly assets: ReadonlyMap<string, Asset>;

  constructor(@Inject(AUTH_CONFIG) { BRAND_LOGO_FILE: logo }: Pick<AuthConfig, 'BRAND_LOGO_FILE'>) {
    const all = [...fixedAssets, ...(logo ? [logoAsset(logo)] : [])];
    this.assets = new Map(all.map((one) => [one.url, one]));
  }

  @Get(':name')
  getAsset(@Req() { url }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string | Buffer {
    const color = colorStyle(url);
    const asset = color === undefined ? this.assets.get(url) : { type: 'text/css; charset=utf-8', content: color };
    if (!asset) {
      throw problems.notFound.exception();
    }
    if (asset.type.startsWith('image/')) {
      reply.header('content-security-policy', logoPolicy);
    }
    reply.type(asset.type).header('cache-control', 'public, max-age=31536000, immutable');
    return asset.content;
  }
}
