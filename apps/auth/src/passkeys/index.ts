import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { SignInModule } from '../sign-in/index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesService } from './challenges.service.ts';
import { Passkey } from './passkey.entity.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { passkeyCeremoniesProvider, PasskeysMetrics } from './passkeys.metrics.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Passkeys: WebAuthn credentials that log in without a password. */
@Module({
  imports: [AccountsModule, AttemptsModule, AuditModule, SignInModule],
  controllers: [PasskeysController],
  providers: [PasskeysService, Ceremonies, ChallengesService, PasskeysMetrics, passkeyCeremoniesProvider],
  exports: [PasskeysService],
})
export class PasskeysModule {}

export { Passkey, PasskeysService };
