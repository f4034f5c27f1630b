import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems, type Problem } from '../errors/problem.ts';
import { decodeUtf8, hasUnstorableText, type BodyDone } from './json-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is an OAuth endpoint; set by {@link OAuthForm}. */
    oauth?: boolean;
  }
}

const formType = 'application/x-www-form-urlencoded';

/** Marks a route as an OAuth 2.0 endpoint: it takes a form, and its errors contain `error` (RFC 6749 §5.2). */
export const OAuthForm = (): MethodDecorator => applyDecorators(RouteConfig({ oauth: true }), ApiConsumes(formType));

/** Whether the request's route is marked with {@link OAuthForm}. */
export function isOAuth(request: FastifyRequest): boolean {
  return request.routeOptions.config.oauth === true;
}

/** Maps a problem to an `error` of RFC 6749 §5.2. */
export function oauthError({ status, oauth }: Problem): string {
  if (status >= 500) {
    return status === 503 ? 'temporarily_unavailable' : 'server_error';
  }
  return oauth ?? (status === 401 ? 'invalid_client' : 'invalid_request');
}

/** Accepts forms on {@link OAuthForm} routes only, and only forms there. */
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
    // RFC 6749 §3.2: parameters must not be repeated
    const detail = 'The body must be a UTF-8 form without repeated parameters and without U+0000.';
    done(problems.validationFailed.exception({ detail }));
    return;
  }
  // RFC 6749 §3.2: a parameter without a value counts as omitted
  done(null, Object.fromEntries(entries.filter(([, value]) => value !== '')));
}
