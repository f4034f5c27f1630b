import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problems, type Problem, type ProblemException } from '../errors/problem.ts';
import { decodeUtf8, hasUnstorableText, type BodyDone } from './json-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is an OAuth endpoint; set by {@link OAuthForm}. */
    oauth?: boolean;
    /** Set on routes that are pages for people: they take forms, ignore unknown parameters and show problems as a page. */
    page?: boolean;
    /** Set on routes of the API that browsers may open: clients that accept HTML get problems as a page. */
    readers?: boolean;
  }
  interface FastifyInstance {
    /** Renders a problem of a page as HTML. A service with pages sets it. */
    renderProblem?: (request: FastifyRequest, exception: ProblemException) => string;
    /** Headers of pages, instead of those of the API. */
    pageHeaders?: Record<string, string>;
  }
}

const formType = 'application/x-www-form-urlencoded';

/** Marks a route as an OAuth 2.0 endpoint: it takes a form, and its errors contain `error` (RFC 6749 §5.2). */
export const OAuthForm = (): MethodDecorator => applyDecorators(RouteConfig({ oauth: true }), ApiConsumes(formType));

/** Whether the request's route is marked with {@link OAuthForm}. */
export function isOAuth(request: FastifyRequest): boolean {
  return request.routeOptions.config.oauth === true;
}

/** Whether the request's route is a page for people. */
export function isPage(request: FastifyRequest): boolean {
  return request.routeOptions.config.page === true;
}

/** Maps a problem to an `error` of RFC 6749 §5.2. */
export function oauthError({ status, oauth }: Problem): string {
  if (status >= 500) {
    return status === 503 ? 'temporarily_unavailable' : 'server_error';
  }
  return oauth ?? (status === 401 ? 'invalid_client' : 'invalid_request');
}

/** Accepts forms on {@link OAuthForm} routes and pages only, and only forms there. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(formType, { parseAs: 'buffer' }, parseFormBody);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const takesOnlyForms = isOAuth(request) || (isPage(request) && request.method === 'POST');
    const refused = takesOnlyForms && !request.headers['content-type']?.toLowerCase().startsWith(formType);
    done(refused ? problems.formRequired.exception() : undefined);
  });
}

function parseFormBody(request: FastifyRequest, bytes: Buffer, done: BodyDone): void {
  if (!isOAuth(request) && !isPage(request)) {
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
