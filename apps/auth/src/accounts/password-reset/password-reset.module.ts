import { Module } from '@nestjs/common';
import { PasswordsModule } from '../../passwords/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { EmailLinkRequestsModule } from '../email-link-requests/index.ts';
import { AccountsModule } from '../index.ts';
import { PasswordResetController } from './password-reset.controller.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** Password reset by e-mail. */
@Module({
  imports: [AccountsModule, EmailLinkRequestsModule, PasswordsModule, RateLimitsModule],
  controllers: [PasswordResetController],
  providers: [PasswordResetService],
  exports: [PasswordResetService],
})
export class PasswordResetModule {}
