import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { MailedLinksModule } from '../mailed-links/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { EmailChangeController } from './email-change.controller.ts';
import { EmailChangeService } from './email-change.service.ts';

/** Changes of an account's e-mail address. */
@Module({
  imports: [AccountsModule, AuditModule, MailModule, MailedLinksModule, OneTimeTokensModule],
  controllers: [EmailChangeController],
  providers: [EmailChangeService],
})
export class EmailChangeModule {}
