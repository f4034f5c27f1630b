import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { PasswordLoginModule } from '../password/index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesService } from './challenges.service.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { passkeyCeremoniesProvider, PasskeysMetrics } from './passkeys.metrics.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Passkeys: WebAuthn credentials that log in without a password. */
@Module({
  imports: [AccountsModule, RateLimitsModule, AuditModule, PasswordLoginModule],
  controllers: [PasskeysController],
  providers: [PasskeysService, Ceremonies, ChallengesService, PasskeysMetrics, passkeyCeremoniesProvider],
  exports: [PasskeysService],
})
export class PasskeysModule {}
