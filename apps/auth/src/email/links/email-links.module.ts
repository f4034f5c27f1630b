import { Module } from '@nestjs/common';
import { MailModule } from '../outbox/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { EmailLinksService } from './email-links.service.ts';

/** Links in mails, each with a one-time token. */
@Module({
  imports: [MailModule, OneTimeTokensModule],
  providers: [EmailLinksService],
  exports: [EmailLinksService],
})
export class EmailLinksModule {}
