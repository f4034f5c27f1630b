import { Module } from '@nestjs/common';
import { OneTimeTokensRepository } from './one-time-tokens.repository.ts';
import { OneTimeTokensService } from './one-time-tokens.service.ts';

/** One-time tokens, each for a single purpose. */
@Module({ providers: [OneTimeTokensRepository, OneTimeTokensService], exports: [OneTimeTokensService] })
export class OneTimeTokensModule {}
