import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** `ip`, which is worked out each time that it is asked for. */
    address: string;
  }
}

const maxUserAgentLength = 256;

/** Who asks, for audit trails and limits; passed explicitly to the services that need it. */
export interface RequestContext {
  requestId: string;
  /** The client's IP address, behind trusted proxies the forwarded one. */
  address: string;
  userAgent: string | null;
  /** The languages the client asks for, as sent. */
  acceptLanguage: string | null;
}

/** Injects the request's {@link RequestContext} into a handler. */
export const Context = createParamDecorator((_data: unknown, context: ExecutionContext): RequestContext => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    requestId: request.id,
    address: request.address,
    userAgent: request.headers['user-agent']?.slice(0, maxUserAgentLength) ?? null,
    acceptLanguage: request.headers['accept-language'] ?? null,
  };
});

/** Works out once for each request where it comes from. */
export function noteAddresses(fastify: FastifyInstance): void {
  fastify.decorateRequest('address', '');
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.address = request.ip;
    done();
  });
}
