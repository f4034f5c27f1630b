import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { EmailLinkRequestsModule } from '../../accounts/email-link-requests/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { LoginCompletionModule } from '../../login/completion/index.ts';
import { MagicLinkModule } from '../../login/magic-link/index.ts';
import { MfaModule } from '../../login/mfa/index.ts';
import { PasskeysModule } from '../../login/passkeys/index.ts';
import { PasswordLoginModule } from '../../login/password/index.ts';
import { SocialLoginModule } from '../../login/social/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { PagesKitModule } from '../kit/index.ts';
import { ConfirmationService } from './confirmation.service.ts';
import { ProvidersService } from './providers.service.ts';
import { SignInController } from './sign-in.controller.tsx';
import { SignInService } from './sign-in.service.tsx';

/** The pages to sign in and out. */
@Module({
  imports: [
    AccountsModule,
    AuditModule,
    EmailLinkRequestsModule,
    LoginCompletionModule,
    MagicLinkModule,
    MfaModule,
    PagesKitModule,
    PasskeysModule,
    PasswordLoginModule,
    SessionsModule,
    SocialLoginModule,
  ],
  controllers: [SignInController],
  providers: [ConfirmationService, ProvidersService, SignInService],
  exports: [ProvidersService, SignInService],
})
export class SignInModule {}
