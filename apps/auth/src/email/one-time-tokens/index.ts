export { OneTimeTokensModule } from './one-time-tokens.module.ts';
export type { OneTimePurpose, OneTimeTokenEntry } from './one-time-tokens.repository.ts';
export { OneTimeTokensService } from './one-time-tokens.service.ts';
export { oneTimeToken } from './one-time-token.schema.ts';
export { oneTimeTokenInvalid } from './one-time-tokens.problems.ts';
