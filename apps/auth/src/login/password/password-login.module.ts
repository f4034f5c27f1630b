import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { LoginCompletionModule } from '../completion/index.ts';
import { DeviceCookieModule } from '../../sessions/device-cookie/index.ts';
import { LoginRepository } from '../index.ts';
import { LoginAdmission } from './login-admission.ts';
import { PasswordLoginController } from './password-login.controller.ts';
import { PasswordLoginService } from './password-login.service.ts';

/** Logging in by e-mail address and password. */
@Module({
  imports: [AccountsModule, AuditModule, DeviceCookieModule, LoginCompletionModule, PasswordsModule, RateLimitsModule],
  controllers: [PasswordLoginController],
  providers: [LoginAdmission, LoginRepository, PasswordLoginService],
  exports: [PasswordLoginService],
})
export class PasswordLoginModule {}
