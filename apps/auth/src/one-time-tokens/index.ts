import { Module } from '@nestjs/common';
import { oneTimeToken } from './one-time-token.schema.ts';
import { oneTimeTokenInvalid } from './one-time-tokens.problems.ts';
import { OneTimeTokensService, type OneTimePurpose } from './one-time-tokens.service.ts';

/** Purpose-typed tokens, each good once. */
@Module({ providers: [OneTimeTokensService], exports: [OneTimeTokensService] })
export class OneTimeTokensModule {}

export { OneTimeTokensService, oneTimeToken, oneTimeTokenInvalid };
export type { OneTimePurpose };
