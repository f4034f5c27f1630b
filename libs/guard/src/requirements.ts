import type { IncomingHttpHeaders } from 'node:http';
import { authenticationClass, type Caller } from './caller.ts';
import { challengeTo } from './credentials.ts';
import { Rejection, rejections } from './rejection.ts';

/** Required multi-factor authentication. */
export interface MfaRequirement {
  /** Maximum age of the authentication, in seconds. */
  maxAgeSeconds: number;
  /** Also allows sessions with one factor, for operations that accounts without a second factor need. */
  onlyIfProved?: boolean;
}

/** What a caller needs besides a valid token. */
export interface Requirements {
  /** Accounts need one of these roles. */
  roles?: readonly string[] | undefined;
  /** Service accounts need all of these scopes. Without it, service accounts are rejected. */
  scopes?: readonly string[] | undefined;
  mfa?: MfaRequirement | undefined;
}

interface WithHeaders {
  headers: IncomingHttpHeaders;
}

/**
 * Requires roles of an account, and scopes of a service account.
 * @throws Rejection `role_required`, `scope_required`, `token_invalid`
 */
export function assertRolesAndScopes(
  request: WithHeaders,
  caller: Caller | undefined,
  { roles, scopes }: Requirements,
) {
  if (caller && 'serviceAccountId' in caller) {
    if (!scopes) {
      throw challenged(rejections.tokenInvalid, request, 'error="invalid_token"');
    }
    if (!scopes.every((scope) => caller.scopes.includes(scope))) {
      throw lacksScope(request, scopes);
    }
    return;
  }
  if (roles && !roles.some((role) => caller?.roles.includes(role))) {
    throw new Rejection(rejections.roleRequired);
  }
  if (scopes && !roles) {
    throw lacksScope(request, scopes);
  }
}

/**
 * Requires a recent multi-factor authentication.
 * @throws Rejection `mfa_required` with a step-up challenge (RFC 9470)
 */
export function assertMfa(request: WithHeaders, caller: Caller | undefined, required: MfaRequirement): void {
  if (!satisfies(caller, required)) {
    throw stepUpRequired(request, required.maxAgeSeconds);
  }
}

function satisfies(caller: Caller | undefined, { maxAgeSeconds, onlyIfProved = false }: MfaRequirement): boolean {
  if (caller === undefined || 'serviceAccountId' in caller) {
    return false;
  }
  return authenticationClass(caller.amr) === 'aal2'
    ? Date.now() / 1000 - caller.authTime <= maxAgeSeconds
    : onlyIfProved;
}

/** A rejection with the step-up challenge (RFC 9470 §3). */
export const stepUpRequired = (request: WithHeaders, maxAgeSeconds: number): Rejection =>
  challenged(
    rejections.mfaRequired,
    request,
    'error="insufficient_user_authentication", ' +
      `error_description="a recent multi-factor authentication is required", acr_values="aal2", max_age=${String(maxAgeSeconds)}`,
  );

/** RFC 6750 §3.1: says which scopes it takes. */
const lacksScope = (request: WithHeaders, scopes: readonly string[]) =>
  challenged(rejections.scopeRequired, request, `error="insufficient_scope", scope="${scopes.join(' ')}"`);

/**
 * A rejection with a `WWW-Authenticate` challenge, in the scheme by which the request presents its token.
 * @param parameters of the challenge, such as `error="invalid_token"`
 */
export const challenged = (kind: Rejection['kind'], request: WithHeaders, parameters: string): Rejection =>
  new Rejection(kind, { challenge: challengeTo(request, parameters) });
