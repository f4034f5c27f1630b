import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { MfaController } from './mfa.controller.ts';
import { MfaMetrics, mfaChecksProvider } from './mfa.metrics.ts';
import { mfaCodeInvalid, mfaTokenInvalid } from './mfa.problems.ts';
import {
  mfaAnswerSchema,
  mfaChallengeExample,
  mfaChallengeSchema,
  type MfaAnswer,
  type MfaChallenge,
} from './mfa.schema.ts';
import { MfaService, type Factor } from './mfa.service.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { Totp } from './totp.entity.ts';
import { TotpService } from './totp.service.ts';

/** Second factors: authenticator apps, recovery codes, step-up. */
@Module({
  imports: [AccountsModule, AttemptsModule, AuditModule, OneTimeTokensModule, SessionsModule],
  controllers: [MfaController],
  providers: [MfaService, TotpService, RecoveryCodesService, MfaMetrics, mfaChecksProvider],
  exports: [MfaService],
})
export class MfaModule {}

export { MfaService, Totp, mfaAnswerSchema, mfaChallengeExample, mfaChallengeSchema, mfaCodeInvalid, mfaTokenInvalid };
export type { Factor, MfaAnswer, MfaChallenge };
