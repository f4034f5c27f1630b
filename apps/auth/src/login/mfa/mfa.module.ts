import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { MfaController } from './mfa.controller.ts';
import { MfaMetrics, mfaChecksProvider } from './mfa.metrics.ts';
import { MfaService } from './mfa.service.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

/** Second factors: authenticator apps, recovery codes, step-up. */
@Module({
  imports: [AccountsModule, RateLimitsModule, AuditModule, OneTimeTokensModule, SessionsModule],
  controllers: [MfaController],
  providers: [MfaService, TotpService, RecoveryCodesService, MfaMetrics, mfaChecksProvider],
  exports: [MfaService],
})
export class MfaModule {}
