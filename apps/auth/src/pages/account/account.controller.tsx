import { Get, Post, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { AccountsService } from '../../accounts/index.ts';
import { EmailVerificationService } from '../../accounts/email-verification/index.ts';
import { MfaService } from '../../login/mfa/index.ts';
import { PasskeysService } from '../../login/passkeys/index.ts';
import { PrivacyService } from '../../privacy/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { CurrentPage, MessagePage, Pages, SeeOther, SignedIn, type Html, type Page } from '../kit/index.ts';
import { replaceCookie } from './replace-cookie.ts';
import { ProvidersService } from '../sign-in/index.ts';
import { proofForm, sessionForm } from './account.forms.ts';
import { AccountPage } from './account.views.tsx';
import { DeleteAccountPage } from './change.views.tsx';

/** The account of the person who is signed in: an overview, its sessions and its data. */
@SignedIn()
@Pages('account')
export class AccountController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly browserSessions: BrowserSessionsService,
    private readonly mfa: MfaService,
    private readonly passkeys: PasskeysService,
    private readonly privacy: PrivacyService,
    private readonly providers: ProvidersService,
    private readonly sessions: SessionsService,
    private readonly verification: EmailVerificationService,
  ) {}

  @Get()
  async show(@CurrentPage() page: Page): Promise<Html> {
    const session = page.signedIn;
    const [account, mfa, { passkeys }, { sessions }, providers] = await Promise.all([
      this.accounts.view(session),
      this.mfa.status(session),
      this.passkeys.list(session.accountId),
      this.sessions.list(session),
      this.providers.accountsOf(session.accountId),
    ]);
    return <AccountPage {...{ page, account, mfa, passkeys, sessions, providers }} />;
  }

  @Post('email/verification')
  async resend(@CurrentPage() page: Page): Promise<SeeOther> {
    await this.verification.resend(page.signedIn, page.context);
    return new SeeOther('/account?done=verification');
  }

  @Post('sessions/end')
  endSession(@CurrentPage() page: Page) {
    return page.submit(
      sessionForm,
      async () => this.show(page),
      async ({ id }) => {
        await this.sessions.revoke(page.signedIn, id, page.context);
        return new SeeOther('/account?done=session');
      },
    );
  }

  @Post('sessions/end-others')
  async endOthers(@CurrentPage() page: Page): Promise<SeeOther> {
    await replaceCookie(page, this.browserSessions);
    await this.sessions.revokeAllButThis(page.signedIn, page.context);
    return new SeeOther('/account?done=sessions');
  }

  @Get('export')
  async export(@CurrentPage() page: Page): Promise<StreamableFile> {
    page.assertOwnLink('/account');
    const data = Readable.from(await this.privacy.export(page.signedIn, page.context));
    return new StreamableFile(data, { type: 'application/json', disposition: 'attachment; filename="account.json"' });
  }

  @Get('delete')
  showDeletion(@CurrentPage() page: Page): Html {
    page.assertRecentLogin();
    return <DeleteAccountPage page={page} form={page.newForm()} />;
  }

  @Post('delete')
  submitDeletion(@CurrentPage() page: Page) {
    page.assertRecentLogin();
    const { account, common } = page.texts;
    return page.submit(
      proofForm(page),
      (form) => <DeleteAccountPage page={page} form={form} />,
      async ({ password }) => {
        await this.accounts.delete(page.signedIn, password, page.context);
        page.setCookies(this.browserSessions.cookie.clear());
        const link = { href: '/sign-in', label: common.toSignIn };
        return <MessagePage page={page} title={account.deletedTitle} text={account.deletedText} link={link} />;
      },
    );
  }
}
