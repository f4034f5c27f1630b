import { AccessTokens, type AccessTokenOptions } from './access-tokens.ts';
import { remoteJwks } from './remote-jwks.ts';

/** How a service verifies the access tokens of an auth service. */
export interface GuardOptions extends Omit<AccessTokenOptions, 'resolveKey'> {
  /** The auth service's `/.well-known/jwks.json`. */
  jwksUrl: string | URL;
}

/** Verifies access tokens by the keys that the auth service publishes, without a call per request. */
export function createGuard({ jwksUrl, ...options }: GuardOptions): AccessTokens {
  return new AccessTokens({ ...options, resolveKey: remoteJwks(new URL(jwksUrl)) });
}
