import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { SocialLoginModule } from '../login/social/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { AccountCreationService } from './account-creation.service.ts';
import { AccountCredentialsController } from './account-credentials.controller.ts';
import { AccountCredentialsService } from './account-credentials.service.ts';
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
    PasskeysModule,
    PasswordsModule,
    SocialLoginModule,
  ],
  controllers: [AdminController, AccountCredentialsController],
  providers: [AccountCreationService, AccountCredentialsService, AdminService],
})
export class AdminModule {}
