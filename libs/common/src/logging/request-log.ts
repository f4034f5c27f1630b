import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { AsyncLocalStorage } from 'node:async_hooks';
import { parseTraceparent, type TraceIds } from './traceparent.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** `code` of the problem in the response. */
    problemCode: string | undefined;
  }
}

const served = new AsyncLocalStorage<FastifyRequest>();

/** Returns the current request's ids, which are added to every log line. */
export function requestIds(): { request_id?: string } & TraceIds {
  const request = served.getStore();
  return request ? { request_id: request.id, ...parseTraceparent(request.headers['traceparent']) } : {};
}

/** Returns the IP address of the current request's client; undefined outside of requests. */
export function requestAddress(): string | undefined {
  return served.getStore()?.address;
}

/**
 * Logs one line per request, except for probes. It uses hooks because pino-http creates a logger per request, which takes most of
 * a small request's time.
 */
export function logRequests(fastify: FastifyInstance): void {
  // these lines contain no secrets, so redaction is off
  const logger = PinoLogger.root.child({}, { redact: [], serializers: { req: unchanged, res: unchanged } });
  const log = (level: 'info' | 'error', request: FastifyRequest, facts: object, message: string) => {
    if (!request.url.startsWith('/health/')) {
      // without the query string, which may contain secrets
      const req = { method: request.method, path: request.url.split('?', 1)[0], address: request.address };
      served.run(request, () => {
        logger[level]({ req, ...facts }, message);
      });
    }
  };
  fastify.decorateRequest('problemCode');
  fastify.addHook('onRequest', (request, _reply, done) => {
    served.run(request, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply;
    const facts = { res: { status, code: request.problemCode }, duration_ms: Math.round(elapsedTime) };
    log(status >= 500 ? 'error' : 'info', request, facts, 'request completed');
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    log('info', request, {}, 'request aborted');
    done();
  });
}

const unchanged = (value: object) => value;
