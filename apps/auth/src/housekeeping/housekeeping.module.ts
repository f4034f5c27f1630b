import { Module } from '@nestjs/common';
import { ImportExportModule } from '../accounts/import-export/index.ts';
import { AuditModule } from '../audit/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { SocialLoginModule } from '../login/social/index.ts';
import { OpenIdModule } from '../openid/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { SigningKeysModule } from '../signing-keys/index.ts';
import { StatisticsModule } from '../statistics/index.ts';
import { WebhooksModule } from '../webhooks/index.ts';
import { HousekeepingService } from './housekeeping.service.ts';
import { ReencryptionService } from './reencryption.service.ts';
import { RetentionService } from './retention.service.ts';

/** Periodic jobs: key rotation, retention, dummy hashes. Also the re-encryption that `keys reencrypt` runs. */
@Module({
  imports: [
    AuditModule,
    ImportExportModule,
    MailModule,
    OneTimeTokensModule,
    OpenIdModule,
    MfaModule,
    PasskeysModule,
    PasswordsModule,
    RateLimitsModule,
    SessionsModule,
    SigningKeysModule,
    SocialLoginModule,
    StatisticsModule,
    WebhooksModule,
  ],
  providers: [HousekeepingService, ReencryptionService, RetentionService],
  exports: [HousekeepingService],
})
export class HousekeepingModule {}
