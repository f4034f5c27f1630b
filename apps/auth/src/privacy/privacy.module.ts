import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { AuditLogModule } from '../audit/log/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { SocialLoginModule } from '../login/social/index.ts';
import { OpenIdModule } from '../openid/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { PersonalDataSources } from './personal-data-sources.ts';
import { PrivacyController } from './privacy.controller.ts';
import { PrivacyService } from './privacy.service.ts';

/** Exports of personal data. */
@Module({
  imports: [
    AccountsModule,
    AuditLogModule,
    AuditModule,
    MailModule,
    MfaModule,
    OneTimeTokensModule,
    OpenIdModule,
    PasskeysModule,
    RateLimitsModule,
    SessionsModule,
    SocialLoginModule,
  ],
  controllers: [PrivacyController],
  providers: [PersonalDataSources, PrivacyService],
  exports: [PrivacyService],
})
export class PrivacyModule {}
