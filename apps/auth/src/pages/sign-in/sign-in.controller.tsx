import { Get, Param, Post } from '@nestjs/common';
import { EmailLinkRequestsService } from '../../accounts/email-link-requests/index.ts';
import { MagicLinkService } from '../../login/magic-link/index.ts';
import { mfaAnswerSchema } from '../../login/mfa/index.ts';
import { AdmitLogins } from '../../login/password/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import {
  CurrentPage,
  MessagePage,
  Pages,
  SeeOther,
  SignedIn,
  type FormState,
  type Html,
  type Page,
} from '../kit/index.ts';
import { ConfirmationService } from './confirmation.service.ts';
import { ProvidersService } from './providers.service.ts';
import { confirmationSchema, credentialsForm, emailForm, passkeyForm } from './sign-in.forms.ts';
import { SignInService } from './sign-in.service.tsx';
import {
  ConfirmPage,
  EmailLinkPage,
  LinkSentPage,
  SecondFactorPage,
  SignInPage,
  SignOutPage,
} from './sign-in.views.tsx';

/** Signing in and out. */
@Pages()
export class SignInController {
  constructor(
    private readonly signIn: SignInService,
    private readonly providers: ProvidersService,
    private readonly confirmation: ConfirmationService,
    private readonly linkRequests: EmailLinkRequestsService,
    private readonly magicLink: MagicLinkService,
    private readonly browserSessions: BrowserSessionsService,
  ) {}

  @Get()
  showStart(@CurrentPage() page: Page): SeeOther {
    return new SeeOther(page.session ? '/account' : '/sign-in');
  }

  @Get('sign-in')
  showSignIn(@CurrentPage() page: Page): Html {
    return this.signInPage(page, page.newForm('email'));
  }

  @AdmitLogins()
  @Post('sign-in')
  submitSignIn(@CurrentPage() page: Page) {
    return page.submit(
      credentialsForm,
      (form) => this.signInPage(page, form),
      (credentials) => this.signIn.byPassword(page, credentials),
    );
  }

  @Post('sign-in/code')
  submitCode(@CurrentPage() page: Page) {
    const mfaToken = page.parameter('mfa_token') ?? '';
    return page.submit(
      mfaAnswerSchema.strip(),
      (form) => <SecondFactorPage page={page} form={form} mfaToken={mfaToken} />,
      (answer) => this.signIn.bySecondFactor(page, answer),
    );
  }

  @Post('sign-in/passkey')
  submitPasskey(@CurrentPage() page: Page) {
    return page.submit(
      passkeyForm,
      (form) => this.signInPage(page, form),
      (login) => this.signIn.byPasskey(page, login),
    );
  }

  @Get('sign-in/provider/:id')
  startProvider(@CurrentPage() page: Page, @Param('id') provider: string) {
    page.assertOwnLink('/sign-in');
    return page.attempt(
      (form) => this.signInPage(page, form),
      () => this.providers.start(page, provider),
    );
  }

  @Get('sign-in/provider/:id/callback')
  finishProvider(@CurrentPage() page: Page, @Param('id') provider: string) {
    return page.attempt(
      (form) => this.signInPage(page, form),
      () => this.providers.finish(page, provider),
    );
  }

  @Get('sign-in/link')
  showEmailLink(@CurrentPage() page: Page): Html {
    return page.settings.magicLinksEnabled ? (
      <EmailLinkPage page={page} form={page.newForm('email')} path="link" />
    ) : (
      <MessagePage page={page} title={page.texts.signIn.linkTitle} text={page.texts.problems.magic_links_disabled} />
    );
  }

  @Post('sign-in/link')
  submitEmailLink(@CurrentPage() page: Page) {
    return page.submit(
      emailForm,
      (form) => <EmailLinkPage page={page} form={form} path="link" />,
      async ({ email }) => {
        await this.magicLink.request(email, page.context);
        return <LinkSentPage page={page} email={email} />;
      },
    );
  }

  @Get('sign-in/verification')
  showVerification(@CurrentPage() page: Page): Html {
    return <EmailLinkPage page={page} form={page.newForm('email')} path="verification" />;
  }

  @Post('sign-in/verification')
  submitVerification(@CurrentPage() page: Page) {
    return page.submit(
      emailForm,
      (form) => <EmailLinkPage page={page} form={form} path="verification" />,
      async ({ email }) => {
        await this.linkRequests.request('email_verification', email, page.context);
        return <LinkSentPage page={page} email={email} />;
      },
    );
  }

  @SignedIn()
  @Get('sign-in/confirm')
  async showConfirmation(@CurrentPage() page: Page): Promise<Html> {
    return <ConfirmPage page={page} form={page.newForm()} ways={await this.confirmation.waysOf(page)} />;
  }

  @SignedIn()
  @AdmitLogins()
  @Post('sign-in/confirm')
  async submitConfirmation(@CurrentPage() page: Page) {
    const ways = await this.confirmation.waysOf(page);
    return page.submit(
      confirmationSchema(ways.by),
      (form) => <ConfirmPage page={page} form={form} ways={ways} />,
      async (proof) => {
        page.setCookies(await this.confirmation.confirm(page, proof));
        return new SeeOther(page.continueUrl);
      },
    );
  }

  @SignedIn()
  @Post('sign-in/confirm/passkey')
  async submitPasskeyConfirmation(@CurrentPage() page: Page) {
    const ways = await this.confirmation.waysOf(page);
    return page.submit(
      passkeyForm,
      (form) => <ConfirmPage page={page} form={form} ways={ways} />,
      async (login) => {
        page.setCookies(await this.confirmation.confirmByPasskey(page, login));
        return new SeeOther(page.continueUrl);
      },
    );
  }

  @Get('sign-out')
  showSignOut(@CurrentPage() page: Page): Html {
    return page.session ? <SignOutPage page={page} /> : this.signedOut(page);
  }

  @Post('sign-out')
  async submitSignOut(@CurrentPage() page: Page): Promise<Html> {
    await this.browserSessions.end(page.cookies, page.context);
    page.setCookies(this.browserSessions.cookie.clear());
    return this.signedOut(page);
  }

  private signInPage(page: Page, form: FormState): Html {
    return <SignInPage page={page} form={form} providers={this.providers.list()} />;
  }

  private signedOut(page: Page): Html {
    const { signIn, common } = page.texts;
    const link = { href: '/sign-in', label: common.toSignIn };
    return <MessagePage page={page} title={signIn.signedOutTitle} text={signIn.signedOutText} link={link} />;
  }
}
