import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { EmailVerificationModule } from '../email-verification/index.ts';
import { MailedLinksModule } from '../mailed-links/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { SignInModule } from '../sign-in/index.ts';
import { MagicLinksController } from './magic-links.controller.ts';
import { MagicLinksService } from './magic-links.service.ts';

/** Logging in by a link in a mail. */
@Module({
  imports: [AccountsModule, EmailVerificationModule, MailedLinksModule, OneTimeTokensModule, SignInModule],
  controllers: [MagicLinksController],
  providers: [MagicLinksService],
})
export class MagicLinksModule {}
