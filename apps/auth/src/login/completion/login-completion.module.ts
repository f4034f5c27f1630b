import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { DeviceCookieModule } from '../../sessions/device-cookie/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { LoginCompletionController } from './login-completion.controller.ts';
import { LoginCompletionService } from './login-completion.service.ts';

/** What all ways to log in have in common: a second factor, a session, and a notice of new devices. */
@Module({
  imports: [AccountsModule, AuditModule, DeviceCookieModule, MailModule, MfaModule, RateLimitsModule, SessionsModule],
  controllers: [LoginCompletionController],
  providers: [LoginCompletionService],
  exports: [LoginCompletionService],
})
export class LoginCompletionModule {}
