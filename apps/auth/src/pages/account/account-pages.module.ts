import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { EmailChangeModule } from '../../accounts/email-change/index.ts';
import { EmailVerificationModule } from '../../accounts/email-verification/index.ts';
import { MfaModule } from '../../login/mfa/index.ts';
import { PasskeysModule } from '../../login/passkeys/index.ts';
import { SocialLoginModule } from '../../login/social/index.ts';
import { PrivacyModule } from '../../privacy/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { PagesKitModule } from '../kit/index.ts';
import { SignInModule } from '../sign-in/index.ts';
import { AccountController } from './account.controller.tsx';
import { CredentialsController } from './credentials.controller.tsx';
import { PasskeyPagesController } from './passkeys.controller.tsx';
import { ProfileController } from './profile.controller.tsx';
import { ProviderPagesController } from './providers.controller.tsx';

/** The pages of one's own account. */
@Module({
  imports: [
    AccountsModule,
    EmailChangeModule,
    EmailVerificationModule,
    MfaModule,
    PagesKitModule,
    PasskeysModule,
    PrivacyModule,
    SessionsModule,
    SignInModule,
    SocialLoginModule,
  ],
  controllers: [
    AccountController,
    CredentialsController,
    PasskeyPagesController,
    ProfileController,
    ProviderPagesController,
  ],
})
export class AccountPagesModule {}
