import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { LoginCompletionModule } from '../completion/index.ts';
import { LoginRepository } from '../index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesRepository } from './challenges.repository.ts';
import { ChallengesService } from './challenges.service.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { PasskeysRepository } from './passkeys.repository.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Passkeys: WebAuthn credentials that log in without a password. */
@Module({
  imports: [AccountsModule, AuditModule, LoginCompletionModule, RateLimitsModule, SessionsModule],
  controllers: [PasskeysController],
  providers: [
    Ceremonies,
    ChallengesRepository,
    ChallengesService,
    LoginRepository,
    PasskeyLoginService,
    PasskeysRepository,
    PasskeysService,
  ],
  exports: [PasskeyLoginService, PasskeysRepository, PasskeysService],
})
export class PasskeysModule {}
