import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { DeviceCookie } from './device-cookie.ts';
import { LoginAdmission } from './login-admission.ts';
import { SignInController } from './sign-in.controller.ts';
import { hashUpgradesProvider, loginsProvider, SignInMetrics } from './sign-in.metrics.ts';
import { loginResultExamples, loginResultSchema } from './sign-in.schema.ts';
import { sendLogin, SignInService, type SignedIn } from './sign-in.service.ts';

/** Logging in by e-mail address and password. */
@Module({
  imports: [AccountsModule, AttemptsModule, AuditModule, MailModule, MfaModule, PasswordsModule, SessionsModule],
  controllers: [SignInController],
  providers: [SignInService, DeviceCookie, LoginAdmission, SignInMetrics, loginsProvider, hashUpgradesProvider],
  exports: [SignInService],
})
export class SignInModule {}

export { SignInService, loginResultExamples, loginResultSchema, sendLogin };
export type { SignedIn };
