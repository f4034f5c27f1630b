import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { AsyncLocalStorage } from 'node:async_hooks';
import { parseTraceparent, type TraceIds } from './traceparent.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Code of the problem that it is answered with. */
    problemCode: string | undefined;
  }
}

const served = new AsyncLocalStorage<FastifyRequest>();

/** The ids of the request that is being served, for every line that is logged meanwhile. */
export function requestIds(): { request_id?: string } & TraceIds {
  const request = served.getStore();
  return request ? { request_id: request.id, ...parseTraceparent(request.headers['traceparent']) } : {};
}

/**
 * Logs a line for each request but probes. By hooks and not by pino-http, whose logger for each request is most of what a
 * small request costs.
 */
export function logRequests(fastify: FastifyInstance): void {
  // no secret can be in these lines, so that nothing has to be looked for in them
  const logger = PinoLogger.root.child({}, { redact: [], serializers: { req: asItIs, res: asItIs } });
  const log = (level: 'info' | 'error', request: FastifyRequest, facts: object, message: string) => {
    if (!request.url.startsWith('/health/')) {
      // the path without its query: queries may carry secrets
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

const asItIs = (value: object) => value;
