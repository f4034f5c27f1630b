import { Module } from '@nestjs/common';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { EmailVerificationController } from './email-verification.controller.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verified e-mail addresses. */
@Module({
  imports: [RateLimitsModule, AuditModule, MailModule, EmailLinksModule, OneTimeTokensModule],
  controllers: [EmailVerificationController],
  providers: [EmailVerificationService],
  exports: [EmailVerificationService],
})
export class EmailVerificationModule {}
