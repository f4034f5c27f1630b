import { AnyOrigin, ApiProblems, Public, problems } from '#common';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { KeyRotationService } from './key-rotation.service.ts';
import { jwksExample, jwksSchema } from './signing-keys.schema.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Publishes the public keys. */
@ApiTags('keys')
@Controller()
export class SigningKeysController {
  constructor(
    private readonly keys: SigningKeysService,
    private readonly rotation: KeyRotationService,
  ) {}

  @Public()
  @AnyOrigin()
  @Get('.well-known/jwks.json')
  @ApiOperation({
    summary: 'Get the public keys',
    description:
      'All keys that verify access tokens (ES256) and ID tokens (ES256 or RS256), and the next ones before their first use. ' +
      'Cache the set as `cache-control` says.',
  })
  @ApiResponse({ status: 200, description: 'The key set.', standardSchema: jwksSchema, example: jwksExample })
  @ApiProblems(problems.validationFailed)
  async jwks(@Res({ passthrough: true }) reply: FastifyReply) {
    // access tokens must be verifiable while the database is down
    await this.rotation.ensureRsa().catch(() => undefined);
    reply.header('cache-control', `public, max-age=${String(this.keys.maxAgeSeconds)}`);
    return this.keys.publicKeys();
  }
}
