import { Module } from '@nestjs/common';
import { AttemptsService, type Gate } from './attempts.service.ts';
import { addressKey } from './address-key.ts';
import { tooManyAttempts } from './attempts.problems.ts';

/** Limits and lockout, cluster-wide. */
@Module({ providers: [AttemptsService], exports: [AttemptsService] })
export class AttemptsModule {}

export { AttemptsService, addressKey, tooManyAttempts };
export type { Gate };
