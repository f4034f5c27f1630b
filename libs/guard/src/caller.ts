import { z } from 'zod';

/** The key of its client that a token is bound to (RFC 9449 §6.1), which the client must prove to hold. */
const confirmation = { cnf: z.object({ jkt: z.string() }).optional() };

/** Claims of an account's access token (RFC 9068 §2.2) that the platform's services use. */
export const accessTokenClaims = z.object({
  ...confirmation,
  sub: z.uuid(),
  sid: z.uuid(),
  jti: z.string().min(1),
  roles: z.array(z.string()),
  email_verified: z.boolean().default(false),
  amr: z.array(z.string()).default([]),
  auth_time: z.int().default(0),
  client_id: z.string().optional(),
  scope: z.string().optional(),
  userinfo_claims: z.array(z.string()).optional(),
  grant_id: z.uuid().optional(),
  iat: z.int().optional(),
  exp: z.int(),
});

/** Claims of a service account's access token, which has no session. */
export const clientTokenClaims = z.object({
  ...confirmation,
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
  /** Whether the owner has proved to receive mail at the account's e-mail address. */
  emailVerified: boolean;
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** Time of the last authentication, in seconds since 1970. */
  authTime: number;
  /** Thumbprint of the key that the access token is bound to (RFC 9449 §6.1); undefined for a bearer token. */
  keyThumbprint?: string | undefined;
  /** What the access token was issued for; undefined without a token, as in a session of a browser. */
  issuedFor?: TokenUse | undefined;
}

/** What an access token was issued for. */
interface TokenUse {
  /** The application (RFC 9068 §2.2). */
  clientId: string | undefined;
  /** Names separated by spaces. */
  scope: string | undefined;
  /** Claims that the userinfo response has, besides those of the scopes. */
  userinfoClaims: string[] | undefined;
  /** The grant of the application that it belongs to; undefined without an application. */
  grantId: string | undefined;
  /** Seconds between its issue and its end; undefined if it does not say when it was issued. */
  lifetimeSeconds: number | undefined;
}

/** Returns the `acr` for a list of authentication methods: `aal2` for multi-factor authentication, otherwise `aal1`. */
export function authenticationClass(amr: readonly string[]): 'aal1' | 'aal2' {
  return amr.includes('mfa') ? 'aal2' : 'aal1';
}

/** The calling account or service account. */
export type Caller = Principal | ClientPrincipal;

/** The id of the calling account or service account. */
export const callerId = (caller: Caller): string =>
  'serviceAccountId' in caller ? caller.serviceAccountId : caller.accountId;
