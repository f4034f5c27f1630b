import { Module } from '@nestjs/common';
import { OneTimeTokensService } from './one-time-tokens.service.ts';

/** Purpose-typed tokens, each good once. */
@Module({ providers: [OneTimeTokensService], exports: [OneTimeTokensService] })
export class OneTimeTokensModule {}
