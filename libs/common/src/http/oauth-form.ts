import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems, type Problem } from '../errors/problem.ts';
import { decodeUtf8, hasUnstorableText, type BodyDone } from './json-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by {@link OAuthForm}. */
    oauth?: boolean;
  }
}

const formType = 'application/x-www-form-urlencoded';

/** Makes a route an endpoint of OAuth 2.0: its body is a form, and its errors carry `error` (RFC 6749 §5.2). */
export const OAuthForm = (): MethodDecorator => applyDecorators(RouteConfig({ oauth: true }), ApiConsumes(formType));

export function isOAuth(request: FastifyRequest): boolean {
  return request.routeOptions.config.oauth === true;
}

/** What RFC 6749 §5.2 calls a problem, beside our own `code`. */
export function oauthError({ status, oauth }: Problem): string {
  if (status >= 500) {
    return status === 503 ? 'temporarily_unavailable' : 'server_error';
  }
  return oauth ?? (status === 401 ? 'invalid_client' : 'invalid_request');
}

/** Lets forms through to {@link OAuthForm} routes, and nothing else to these. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(formType, { parseAs: 'buffer' }, parseFormBody);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const refused = isOAuth(request) && !request.headers['content-type']?.toLowerCase().startsWith(formType);
    done(refused ? problems.formRequired.exception() : undefined);
  });
}

function parseFormBody(request: FastifyRequest, bytes: Buffer, done: BodyDone): void {
  if (!isOAuth(request)) {
    done(problems.unsupportedMediaType.exception());
    return;
  }
  const text = decodeUtf8(bytes);
  const entries = [...new URLSearchParams(text ?? '')];
  const names = new Set(entries.map(([name]) => name));
  if (text === undefined || names.size < entries.length || hasUnstorableText(entries)) {
    // RFC 6749 §3.2: no parameter more than once
    const detail = 'The body must be a form in UTF-8, each name once, without U+0000.';
    done(problems.validationFailed.exception({ detail }));
    return;
  }
  // RFC 6749 §3.2: one without a value is as good as none
  done(null, Object.fromEntries(entries.filter(([, value]) => value !== '')));
}
