import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { DeviceCookie } from '../device-cookie/index.ts';
import { LoginAdmission } from './login-admission.ts';
import { PasswordLoginController } from './password-login.controller.ts';
import { hashUpgradesProvider, loginsProvider, LoginMetrics } from './login.metrics.ts';
import { LoginService } from './password-login.service.ts';

/** Logging in by e-mail address and password. */
@Module({
  imports: [AccountsModule, RateLimitsModule, AuditModule, MailModule, MfaModule, PasswordsModule, SessionsModule],
  controllers: [PasswordLoginController],
  providers: [LoginService, DeviceCookie, LoginAdmission, LoginMetrics, loginsProvider, hashUpgradesProvider],
  exports: [LoginService],
})
export class PasswordLoginModule {}
