import { Module } from '@nestjs/common';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { EmailLinkRequestsModule } from '../email-link-requests/index.ts';
import { AccountsModule } from '../index.ts';
import { PasswordResetController } from './password-reset.controller.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** Password reset by e-mail. */
@Module({
  imports: [AccountsModule, EmailLinkRequestsModule, OneTimeTokensModule, PasswordsModule, SessionsModule],
  controllers: [PasswordResetController],
  providers: [PasswordResetService],
})
export class PasswordResetModule {}
