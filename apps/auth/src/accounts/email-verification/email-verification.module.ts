import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { EmailLinkRequestsModule } from '../email-link-requests/index.ts';
import { AccountsModule } from '../index.ts';
import { EmailVerificationController } from './email-verification.controller.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verification of e-mail addresses. */
@Module({
  imports: [
    AccountsModule,
    AuditModule,
    EmailLinkRequestsModule,
    EmailLinksModule,
    MailModule,
    RateLimitsModule,
    SessionsModule,
  ],
  controllers: [EmailVerificationController],
  providers: [EmailVerificationService],
  exports: [EmailVerificationService],
})
export class EmailVerificationModule {}
