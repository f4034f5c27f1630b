import { Module } from '@nestjs/common';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { AuditModule } from '../audit/index.ts';
import { ImportExportModule } from '../accounts/import-export/index.ts';
import { SigningKeysModule } from '../signing-keys/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { SocialLoginModule } from '../login/social/index.ts';
import { HousekeepingService } from './housekeeping.service.ts';
import { ReencryptionService } from './reencryption.service.ts';
import { deletionsProvider, RetentionService } from './retention.service.ts';

/** What the service does by itself from time to time. */
@Module({
  imports: [
    RateLimitsModule,
    AuditModule,
    ImportExportModule,
    SigningKeysModule,
    MailModule,
    OneTimeTokensModule,
    PasskeysModule,
    PasswordsModule,
    SessionsModule,
    SocialLoginModule,
  ],
  providers: [HousekeepingService, ReencryptionService, RetentionService, deletionsProvider],
  exports: [HousekeepingService],
})
export class HousekeepingModule {}
