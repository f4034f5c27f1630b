import { Public } from '#common';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { findConsole } from './console-folder.ts';

/**
 * Content Security Policy Level 3: scripts of this service alone, and inline the one that begins the login. The component library writes
 * its variables into style elements, which carry the nonce. No other site may show the console in a frame.
 */
const policyWith = (nonce: string, scriptHash: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'sha256-${scriptHash}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The console: one document for all its paths, which its script reads. It contains nothing that needs a login. */
@Public()
@ApiExcludeController()
@Controller('console')
export class ConsoleController {
  private readonly document: string;
  private readonly scriptHash: string;

  constructor(@Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'STEP_UP_MAX_AGE_SECONDS' | 'TOKEN_ISSUER'>) {
    const { TOKEN_ISSUER: issuer, STEP_UP_MAX_AGE_SECONDS: proofSeconds } = config;
    const built = readFileSync(join(findConsole(import.meta.dirname), 'index.html'), 'utf8');
    const [, script] = /<script async type="module">(.+?)<\/script>/s.exec(built) ?? [];
    if (!script) {
      throw new Error('the document of the console lacks the script that begins the login');
    }
    this.scriptHash = createHash('sha256').update(script).digest('base64');
    this.document = built
      .replace('%ISSUER%', () => issuer.replaceAll(/[&"<]/g, (c) => `&#${String(c.charCodeAt(0))};`))
      .replace('%PROOF_SECONDS%', String(proofSeconds));
  }

  @Get(['', '*'])
  // the provider adds its answer to the URL
  @RouteConfig({ page: true })
  getDocument(@Res({ passthrough: true }) reply: FastifyReply): string {
    const nonce = randomBytes(16).toString('base64');
    reply.type('text/html; charset=utf-8').header('content-security-policy', policyWith(nonce, this.scriptHash));
    return this.document.replaceAll('%NONCE%', nonce);
  }
}
