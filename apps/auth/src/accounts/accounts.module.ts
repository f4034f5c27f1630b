import { Module } from '@nestjs/common';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { AccountsController } from './accounts.controller.ts';
import { AccountDirectoryRepository } from './account-directory.repository.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { AccountsService } from './accounts.service.ts';

/** Accounts and what their owners do with them. */
@Module({
  imports: [RateLimitsModule, AuditModule, MailModule, EmailLinksModule, PasswordsModule, SessionsModule],
  controllers: [AccountsController],
  providers: [AccountDirectoryRepository, AccountsRepository, AccountsService],
  exports: [AccountDirectoryRepository, AccountsRepository, AccountsService],
})
export class AccountsModule {}
