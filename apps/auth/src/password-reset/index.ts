import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { EmailVerificationModule } from '../email-verification/index.ts';
import { MailModule } from '../mail/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { PasswordResetController } from './password-reset.controller.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** Passwords set anew by mail. */
@Module({
  imports: [
    AccountsModule,
    AttemptsModule,
    AuditModule,
    EmailVerificationModule,
    MailModule,
    OneTimeTokensModule,
    PasswordsModule,
    SessionsModule,
  ],
  controllers: [PasswordResetController],
  providers: [PasswordResetService],
  exports: [PasswordResetService],
})
export class PasswordResetModule {}

export { PasswordResetService };
