import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Claims of an account's access token (RFC 9068 §2.2) that the platform's services use. */
export const accessTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  jti: z.string().min(1),
  roles: z.array(z.string()),
  amr: z.array(z.string()).default([]),
  auth_time: z.int().default(0),
  exp: z.int(),
});

/** Claims of a service account's access token, which has no session. */
export const clientTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.never().optional(),
  key_id: z.uuid(),
  scope: z.string(),
  jti: z.string().min(1),
  exp: z.int(),
});

/** The calling service account, from its access token. */
export interface ClientPrincipal {
  serviceAccountId: string;
  /** The API key that the token was issued for. */
  keyId: string;
  scopes: string[];
}

/** The calling account, from its access token. */
export interface Principal {
  accountId: string;
  sessionId: string;
  roles: string[];
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** Time of the last authentication, in seconds since 1970. */
  authTime: number;
}

/** Returns the `acr` for a list of authentication methods: `aal2` for multi-factor authentication, otherwise `aal1`. */
export function authenticationClass(amr: readonly string[]): 'aal1' | 'aal2' {
  return amr.includes('mfa') ? 'aal2' : 'aal1';
}

/** Injects the calling account. Not for `@Public()` routes or `@Scopes()` routes. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user,
);

/** Injects the id of the calling account or service account. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest & { user: Principal | ClientPrincipal }>();
  return 'serviceAccountId' in user ? user.serviceAccountId : user.accountId;
});
