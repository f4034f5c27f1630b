import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { DeviceCookieModule } from '../sessions/device-cookie/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { AccountAccessService } from './account-access.service.ts';
import { AccountDirectoryRepository } from './account-directory.repository.ts';
import { AccountPasswordsService } from './account-passwords.service.ts';
import { AccountSearchRepository } from './account-search.repository.ts';
import { AccountsController } from './accounts.controller.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { AccountsService } from './accounts.service.ts';
import { AdminAuthorityService } from './admin-authority.service.ts';
import { BulkAccountsRepository } from './bulk-accounts.repository.ts';
import { KnownDevicesService } from './known-devices.service.ts';
import { LogoutAllController } from './logout-all.controller.ts';
import { MailboxProofsService } from './mailbox-proofs.service.ts';
import { NoticesService } from './notices.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';
import { RegistrationService } from './registration.service.ts';

const exported = [
  AccountAccessService,
  AccountDirectoryRepository,
  AccountPasswordsService,
  AccountSearchRepository,
  AccountsRepository,
  AccountsService,
  AdminAuthorityService,
  BulkAccountsRepository,
  KnownDevicesService,
  MailboxProofsService,
  NoticesService,
  ReauthenticationService,
  RegistrationService,
];

/** Accounts, and what their owners do with them. */
@Module({
  imports: [
    AuditModule,
    DeviceCookieModule,
    EmailLinksModule,
    MailModule,
    OneTimeTokensModule,
    PasswordsModule,
    RateLimitsModule,
    SessionsModule,
  ],
  controllers: [AccountsController, LogoutAllController],
  providers: exported,
  exports: exported,
})
export class AccountsModule {}
