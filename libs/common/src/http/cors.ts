import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPage } from './oauth-form.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether pages of any origin, or of none, may read the route's responses; if unset, those of the allowed origins. */
    cors?: 'any' | 'none';
  }
  interface FastifyInstance {
    /** Whether an origin that is not in `CORS_ORIGINS` may read responses. A service with origins of its own sets it. */
    allowsOrigin?: (origin: string, url: string) => boolean | Promise<boolean>;
  }
}

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const requestHeaders = 'authorization, content-type, dpop, traceparent, tracestate, x-request-id';
const exposedHeaders = 'retry-after, www-authenticate, x-request-id';
/** The longest time that Chromium caches a preflight. */
const preflightSeconds = 7200;

/** Marks a route whose responses are public: pages of any origin may read them, without cookies. */
export const AnyOrigin = (): MethodDecorator => RouteConfig({ cors: 'any' });

interface CorsOptions {
  /** Exact origins: the setting `CORS_ORIGINS`. */
  origins: readonly string[];
  /** Beginning of the paths at which pages of these origins may send cookies; nowhere if it is undefined. */
  cookiesBelow: string | undefined;
}

/**
 * Lets pages of other origins call the service (Fetch §3.2): those of `CORS_ORIGINS`, and those that `allowsOrigin` knows. Errors carry
 * the same headers as successes, because a page could not read them otherwise. Origins that are not allowed get no CORS headers.
 */
export function allowOrigins(fastify: FastifyInstance, { origins, cookiesBelow }: CorsOptions): void {
  const trusted = new Set(origins);
  const open = new Set<string>();
  fastify.addHook('onRoute', ({ url, config }) => {
    if (config?.cors === 'any') {
      open.add(url);
    }
  });

  /** Adds the headers for an allowed origin, and goes on unless the request is a preflight, which it answers. */
  const allow = (request: FastifyRequest, reply: FastifyReply, origin: string, goOn: () => void): void => {
    reply.header('access-control-allow-origin', origin);
    if (cookiesBelow !== undefined && trusted.has(origin) && request.url.startsWith(cookiesBelow)) {
      reply.header('access-control-allow-credentials', 'true');
    }
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      reply.header('access-control-allow-methods', methods);
      reply.header('access-control-allow-headers', requestHeaders);
      reply.header('access-control-max-age', preflightSeconds);
      void reply.status(204).send();
    } else {
      reply.header('access-control-expose-headers', exposedHeaders);
      goOn();
    }
  };

  fastify.addHook('onRequest', (request, reply, done) => {
    if (isPage(request) || request.routeOptions.config.cors === 'none') {
      done();
      return;
    }
    if (open.has(request.url.split('?', 1)[0] ?? '')) {
      allow(request, reply, '*', done);
      return;
    }
    reply.header('vary', 'origin');
    const { origin } = request.headers;
    if (origin === undefined) {
      done();
      return;
    }
    Promise.resolve(trusted.has(origin) || (fastify.allowsOrigin?.(origin, request.url) ?? false)).then((isAllowed) => {
      if (isAllowed) {
        allow(request, reply, origin, done);
      } else {
        done();
      }
    }, done);
  });
}
