import { Module } from '@nestjs/common';
import { AccountsModule } from '../index.ts';
import { EmailVerificationModule } from '../email-verification/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { PasswordResetController } from './password-reset.controller.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** Passwords set anew by mail. */
@Module({
  imports: [
    AccountsModule,
    EmailVerificationModule,
    EmailLinksModule,
    OneTimeTokensModule,
    PasswordsModule,
    SessionsModule,
  ],
  controllers: [PasswordResetController],
  providers: [PasswordResetService],
})
export class PasswordResetModule {}
