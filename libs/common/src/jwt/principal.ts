import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The claims of an access token (RFC 9068 §2.2) that the platform's services rely on. */
export const accessTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  jti: z.string().min(1),
  roles: z.array(z.string()),
  amr: z.array(z.string()).default([]),
  auth_time: z.int().default(0),
  exp: z.int(),
});

/** The claims of a service account's access token, which has no session. */
export const clientTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.never().optional(),
  key_id: z.uuid(),
  scope: z.string(),
  jti: z.string().min(1),
  exp: z.int(),
});

/** A service account that calls, as its access token says. */
export interface ClientPrincipal {
  serviceAccountId: string;
  /** The API key that the token was given for. */
  keyId: string;
  scopes: string[];
}

/** Who calls, as the access token says. */
export interface Principal {
  accountId: string;
  sessionId: string;
  roles: string[];
  /** How the caller has proved who they are, in the words of RFC 8176. */
  amr: string[];
  /** When they last did, in s since 1970. */
  authTime: number;
}

/** The `acr` of an authentication: `aal2` says that more than one factor was proved. */
export function authenticationClass(amr: readonly string[]): 'aal1' | 'aal2' {
  return amr.includes('mfa') ? 'aal2' : 'aal1';
}

/** Injects the caller into a handler of a route that is neither public nor for service accounts. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user,
);

/** Injects the id of the account or service account that calls. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest & { user: Principal | ClientPrincipal }>();
  return 'serviceAccountId' in user ? user.serviceAccountId : user.accountId;
});
