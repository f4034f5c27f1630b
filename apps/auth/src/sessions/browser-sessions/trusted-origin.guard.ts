import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { originNotAllowed } from './browser-sessions.problems.ts';

/**
 * Lets only pages of this service and of `CORS_ORIGINS` use the browser's session, and only those of the same site: browsers send the
 * cookie with requests of every page of the site, also of one that an attacker has taken over (CSRF).
 */
@Injectable()
export class TrustedOriginGuard implements CanActivate {
  private readonly trusted: Set<string>;

  constructor(@Inject(AUTH_CONFIG) { TOKEN_ISSUER, CORS_ORIGINS }: Pick<AuthConfig, 'CORS_ORIGINS' | 'TOKEN_ISSUER'>) {
    this.trusted = new Set([new URL(TOKEN_ISSUER).origin, ...CORS_ORIGINS]);
  }

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    // browsers state the site on secure connections only (Fetch Metadata §2.3), and the origin always
    const isSameSite = headers['sec-fetch-site'] !== 'cross-site';
    if (!isSameSite || !this.trusted.has(headers.origin ?? '')) {
      throw originNotAllowed.exception();
    }
    return true;
  }
}
