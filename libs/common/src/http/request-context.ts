import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientAddress, type TrustedProxies } from './client-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's IP address. `ip` is that of the peer, which may be a proxy. */
    address: string;
  }
}

const maxUserAgentLength = 256;

/** Data about the caller for audit events and rate limits. Pass it explicitly to the services that need it. */
export interface RequestContext {
  requestId: string;
  /** The client's IP address; behind trusted proxies, the forwarded one. */
  address: string;
  /** The `User-Agent` header, at most 256 characters. */
  userAgent: string | null;
  /** The `Accept-Language` header as sent. */
  acceptLanguage: string | null;
}

/** Injects the request's {@link RequestContext} into a handler. */
export const Context = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  contextOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** The {@link RequestContext} of a request. */
export function contextOf({ id, address, headers }: FastifyRequest): RequestContext {
  return {
    requestId: id,
    address,
    userAgent: headers['user-agent']?.slice(0, maxUserAgentLength) ?? null,
    acceptLanguage: headers['accept-language'] ?? null,
  };
}

/** Sets `request.address` once per request. */
export function setClientAddress(fastify: FastifyInstance, trusted: TrustedProxies): void {
  const addressOf = clientAddress(trusted);
  fastify.decorateRequest('address', '');
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.address = addressOf(request.raw);
    done();
  });
}
