import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { MfaAttemptsService } from './mfa-attempts.service.ts';
import { MfaChallengesService } from './mfa-challenges.service.ts';
import { MfaController } from './mfa.controller.ts';
import { MfaService } from './mfa.service.ts';
import { RecoveryCodesRepository } from './recovery-codes.repository.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpEnrolmentService } from './totp-enrolment.service.ts';
import { TotpRepository } from './totp.repository.ts';
import { TotpService } from './totp.service.ts';

/** Second factors: authenticator apps, recovery codes and step-up. */
@Module({
  imports: [AccountsModule, AuditModule, OneTimeTokensModule, RateLimitsModule, SessionsModule],
  controllers: [MfaController],
  providers: [
    MfaAttemptsService,
    MfaChallengesService,
    MfaService,
    RecoveryCodesRepository,
    RecoveryCodesService,
    TotpEnrolmentService,
    TotpRepository,
    TotpService,
  ],
  exports: [
    MfaChallengesService,
    MfaService,
    RecoveryCodesRepository,
    TotpEnrolmentService,
    TotpRepository,
    TotpService,
  ],
})
export class MfaModule {}
