import { Module } from '@nestjs/common';
import { MailModule } from '../outbox/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { EmailLinksService } from './email-links.service.ts';

/** Sends links with a one-time token by e-mail. */
@Module({
  imports: [MailModule, OneTimeTokensModule],
  providers: [EmailLinksService],
  exports: [EmailLinksService],
})
export class EmailLinksModule {}
