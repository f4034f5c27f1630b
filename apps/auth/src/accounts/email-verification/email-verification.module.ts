import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AccountsModule } from '../index.ts';
import { EmailVerificationController } from './email-verification.controller.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verification of e-mail addresses. */
@Module({
  imports: [AccountsModule, AuditModule, EmailLinksModule, MailModule, OneTimeTokensModule, RateLimitsModule],
  controllers: [EmailVerificationController],
  providers: [EmailVerificationService],
})
export class EmailVerificationModule {}
