import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { MailedLinksModule } from '../mailed-links/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { EmailVerificationController } from './email-verification.controller.ts';
import { confirmationSchema, type Confirmation } from './email-verification.schema.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Verified e-mail addresses. */
@Module({
  imports: [AttemptsModule, AuditModule, MailModule, MailedLinksModule, OneTimeTokensModule],
  controllers: [EmailVerificationController],
  providers: [EmailVerificationService],
  exports: [EmailVerificationService],
})
export class EmailVerificationModule {}

export { EmailVerificationService, confirmationSchema };
export type { Confirmation };
