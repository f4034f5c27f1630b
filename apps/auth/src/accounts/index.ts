import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { MailedLinksModule } from '../mailed-links/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { Account } from './account.entity.ts';
import { AccountsController } from './accounts.controller.ts';
import { emailTaken, passwordIncorrect } from './accounts.problems.ts';
import { email } from './accounts.schema.ts';
import { AccountsService, type KnownAccount } from './accounts.service.ts';

/** Accounts and what their owners do with them. */
@Module({
  imports: [AttemptsModule, AuditModule, MailModule, MailedLinksModule, PasswordsModule, SessionsModule],
  controllers: [AccountsController],
  providers: [AccountsService],
  exports: [AccountsService],
})
export class AccountsModule {}

export { Account, AccountsService, email, emailTaken, passwordIncorrect };
export type { KnownAccount };
