import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { ImportModule } from '../import/index.ts';
import { KeysModule } from '../keys/index.ts';
import { MailModule } from '../mail/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { PasskeysModule } from '../passkeys/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { SocialLoginModule } from '../social-login/index.ts';
import { HousekeepingService } from './housekeeping.service.ts';
import { deletionsProvider, RetentionService } from './retention.service.ts';

/** What the service does by itself from time to time. */
@Module({
  imports: [
    AttemptsModule,
    AuditModule,
    ImportModule,
    KeysModule,
    MailModule,
    OneTimeTokensModule,
    PasskeysModule,
    PasswordsModule,
    SessionsModule,
    SocialLoginModule,
  ],
  providers: [HousekeepingService, RetentionService, deletionsProvider],
  exports: [HousekeepingService],
})
export class HousekeepingModule {}

export { HousekeepingService };
