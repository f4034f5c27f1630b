import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { MailedLinksService } from './mailed-links.service.ts';

/** Links in mails, each with a one-time token. */
@Module({
  imports: [AttemptsModule, AuditModule, MailModule, OneTimeTokensModule],
  providers: [MailedLinksService],
  exports: [MailedLinksService],
})
export class MailedLinksModule {}

export { MailedLinksService };
