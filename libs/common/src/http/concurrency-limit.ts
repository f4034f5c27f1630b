import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { problems } from '../errors/problem.ts';
import { sendProblem } from '../errors/problem.filter.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the request counts towards the concurrency limit. */
    isServed: boolean;
  }
}

/** Requests that one connection may have served concurrently by pipelining (RFC 9112 §9.3.2). */
const maxPerConnection = 10;

/** How long a request still counts if its client has disconnected and its handler never responds. */
const maxDisconnectedMs = 30_000;

/**
 * Limits the requests that are served concurrently, and with them every queue in the service. Further requests get 503. A
 * request counts from when its body is received until its response is ready, so that slow clients do not take the place of
 * others. If its client disconnects, it still counts until its handler responds. Probes are exempt.
 * @param max limit of the whole service
 */
export function limitConcurrency(fastify: FastifyInstance, max: number): void {
  let served = 0;
  const servedOn = new WeakMap<Socket, number>();
  const count = (request: FastifyRequest, change: 1 | -1): void => {
    const { socket } = request.raw;
    request.isServed = change === 1;
    served += change;
    servedOn.set(socket, (servedOn.get(socket) ?? 0) + change);
  };
  const release = (request: FastifyRequest): void => {
    if (request.isServed) {
      count(request, -1);
    }
  };
  fastify.decorateRequest('isServed', false);
  fastify.addHook('preValidation', (request, reply, done) => {
    if (request.url.startsWith('/health/')) {
      done();
      return;
    }
    if (served >= max || (servedOn.get(request.raw.socket) ?? 0) >= maxPerConnection) {
      void sendProblem(reply, request.id, problems.overloaded.exception({ retryAfter: 1 }));
      return;
    }
    count(request, 1);
    reply.raw.once('close', () => {
      // a hijacked reply has no onSend hook
      if (reply.sent) {
        release(request);
      } else if (request.isServed) {
        setTimeout(release, maxDisconnectedMs, request).unref();
      }
    });
    done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    release(request);
    done(null, payload);
  });
}
