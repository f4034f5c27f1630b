import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AccountsModule } from '../index.ts';
import { EmailLinkRequestsService } from './email-link-requests.service.ts';

/** Requests for a link by mail, from people who are not logged in. */
@Module({
  imports: [AccountsModule, AuditModule, EmailLinksModule, MailModule, RateLimitsModule],
  providers: [EmailLinkRequestsService],
  exports: [EmailLinkRequestsService],
})
export class EmailLinkRequestsModule {}
