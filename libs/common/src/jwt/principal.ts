import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The claims of an access token (RFC 9068 §2.2) that the platform's services rely on. */
export const accessTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  jti: z.string().min(1),
  roles: z.array(z.string()),
  exp: z.int(),
});

/** Who calls, as the access token says. */
export interface Principal {
  accountId: string;
  sessionId: string;
  roles: string[];
}

/** Injects the caller into a handler of a route that is not public. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user,
);
