import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { AccountCreationService } from './account-creation.service.ts';
import { AdminController } from './admin.controller.ts';
import { AdminService } from './admin.service.ts';

/** What admins do with accounts. */
@Module({
  imports: [
    AccountsModule,
    AuditModule,
    EmailLinksModule,
    MailModule,
    MfaModule,
    OneTimeTokensModule,
    PasskeysModule,
    PasswordsModule,
    SessionsModule,
  ],
  controllers: [AdminController],
  providers: [AccountCreationService, AdminService],
})
export class AdminModule {}
