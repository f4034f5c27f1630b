import { Module } from '@nestjs/common';
import { AttemptsService, gateParameters, reserving, settling, type Gate, type Gates } from './attempts.service.ts';
import { addressKey } from './address-key.ts';
import { emailKey } from './email-key.ts';
import { tooManyAttempts } from './attempts.problems.ts';

/** Limits and lockout, cluster-wide. */
@Module({ providers: [AttemptsService], exports: [AttemptsService] })
export class AttemptsModule {}

export { AttemptsService, addressKey, emailKey, gateParameters, reserving, settling, tooManyAttempts };
export type { Gate, Gates };
