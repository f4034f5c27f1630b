/** Verifies the access tokens of the auth service, in any Node.js service. */
export {
  accessTokenType,
  AccessTokens,
  clockToleranceSeconds,
  signatureAlgorithm,
  UnusableTokenError,
  type AccessTokenOptions,
  type FoundKey,
  type PresentingRequest,
} from './access-tokens.ts';
export { authenticationClass, callerId, type Caller, type ClientPrincipal, type Principal } from './caller.ts';
export { createGuard, type GuardOptions } from './create-guard.ts';
export { type DpopOptions } from './dpop-proofs.ts';
export { Rejection, rejections, type RejectionKind } from './rejection.ts';
export { remoteJwks } from './remote-jwks.ts';
export {
  assertMfa,
  assertRolesAndScopes,
  stepUpRequired,
  type MfaRequirement,
  type Requirements,
} from './requirements.ts';
