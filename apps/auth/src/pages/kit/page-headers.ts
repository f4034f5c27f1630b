import { fastifyOf } from '#common';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { renderProblem } from './problem-page.tsx';
import { settingsOf } from './page-settings.ts';

/** Where pages take their style sheet from. */
export const styleSource = "style-src 'self'";

/** Content Security Policy Level 3: only what this service sends itself, and no inline scripts or styles. */
const contentSecurityPolicy = [
  "default-src 'none'",
  styleSource,
  "script-src 'self'",
  "connect-src 'self'",
  // QR codes
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  // with `no-referrer` browsers send `Origin: null` with our own forms
  'referrer-policy': 'same-origin',
};

/** Gives all pages their security headers, and shows problems outside of forms as pages. */
@Injectable()
export class PageHeaders implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
  ) {}

  onModuleInit(): void {
    const fastify = fastifyOf(this.host);
    if (fastify) {
      const settings = settingsOf(this.config);
      fastify.renderProblem = (request, exception) => renderProblem(settings, request, exception);
      fastify.pageHeaders = pageHeaders;
    }
  }
}
