export { SessionsModule } from './sessions.module.ts';
export { SessionsRepository } from './sessions.repository.ts';
export { SessionsService } from './sessions.service.ts';
export {
  accessTokenExample,
  accessTokenSchema,
  tokensExample,
  tokensSchema,
  type AccessToken,
  type Tokens,
} from './sessions.schema.ts';
export { deviceName } from './device-name.ts';
export { loginRefused } from './sessions.problems.ts';
