import { Module } from '@nestjs/common';
import { EmailChangeModule } from '../../accounts/email-change/index.ts';
import { EmailLinkRequestsModule } from '../../accounts/email-link-requests/index.ts';
import { EmailVerificationModule } from '../../accounts/email-verification/index.ts';
import { InvitationsModule } from '../../accounts/invitations/index.ts';
import { PasswordResetModule } from '../../accounts/password-reset/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { MagicLinkModule } from '../../login/magic-link/index.ts';
import { PagesKitModule } from '../kit/index.ts';
import { SignInModule } from '../sign-in/index.ts';
import { LinkToken } from './link-token.ts';
import { MailedLinksReader } from './mailed-link.ts';
import { MailedLinksController } from './mailed-links.controller.tsx';

/** The pages that mailed links open. */
@Module({
  imports: [
    EmailChangeModule,
    EmailLinkRequestsModule,
    EmailVerificationModule,
    InvitationsModule,
    MagicLinkModule,
    OneTimeTokensModule,
    PagesKitModule,
    PasswordResetModule,
    SignInModule,
  ],
  controllers: [MailedLinksController],
  providers: [LinkToken, MailedLinksReader],
})
export class MailedLinksModule {}
