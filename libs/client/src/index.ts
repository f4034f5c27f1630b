/** A typed client of the auth service, for browsers and Node.js. */
export type * from './api.ts';
export { createAuthClient, createFetch, type AuthClient, type AuthClientOptions } from './client.ts';
export {
  canAutofillPasskeys,
  loginWithPasskey,
  PasskeyError,
  registerPasskey,
  type PasskeyErrorCode,
} from './passkeys.ts';
export { orThrow, ProblemError, type ProblemCode } from './problem.ts';
export {
  cookieSession,
  customSession,
  tokenSession,
  type CustomSessionOptions,
  type LoginSession,
  type Session,
} from './session.ts';
