export { SessionsModule } from './sessions.module.ts';
export { authTime, prolonging, type SessionLifetimes } from './session.sql.ts';
export { SessionsRepository } from './sessions.repository.ts';
export { SessionsService } from './sessions.service.ts';
export {
  accessTokenExample,
  accessTokenSchema,
  refreshSchema,
  sessionIdSchema,
  sessionListExample,
  sessionListSchema,
  tokensExample,
  tokensSchema,
  type AccessToken,
  type SessionView,
  type Tokens,
} from './sessions.schema.ts';
export type { Authentication, Device, KeptSession, SessionGrants, SessionOwner } from './session.ts';
export { deviceName } from './device-name.ts';
export { loginRefused, refreshTokenInvalid, sessionNotFound } from './sessions.problems.ts';
export { ROTATES_BROWSER_SESSION, RotatesBrowserSession } from './rotates-browser-session.decorator.ts';
