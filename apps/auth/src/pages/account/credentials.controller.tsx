import { Get, Post } from '@nestjs/common';
import { AccountPasswordsService } from '../../accounts/index.ts';
import { EmailChangeService } from '../../accounts/email-change/index.ts';
import { TotpEnrolmentService, TotpService } from '../../login/mfa/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { CurrentPage, MessagePage, Pages, SeeOther, SignedIn, type Html, type Page } from '../kit/index.ts';
import { fill } from '../../texts/index.ts';
import { replaceCookie } from './replace-cookie.ts';
import { codeForm, emailChangeForm, passwordChangeForm, proofForm } from './account.forms.ts';
import {
  ChangeEmailPage,
  ChangePasswordPage,
  ConfirmAuthenticatorPage,
  NewRecoveryCodesPage,
  RecoveryCodesPage,
  RemoveAuthenticatorPage,
  SetUpAuthenticatorPage,
  WelcomePage,
} from './change.views.tsx';

/** What opens the account: its password, its e-mail address and its second factor. */
@SignedIn()
@Pages('account')
export class CredentialsController {
  constructor(
    private readonly browserSessions: BrowserSessionsService,
    private readonly emailChange: EmailChangeService,
    private readonly enrolment: TotpEnrolmentService,
    private readonly passwords: AccountPasswordsService,
    private readonly totp: TotpService,
  ) {}

  @Get('welcome')
  showWelcome(@CurrentPage() page: Page): Html {
    return <WelcomePage page={page} />;
  }

  @Get('password')
  showPassword(@CurrentPage() page: Page): Html {
    return <ChangePasswordPage page={page} form={page.newForm()} />;
  }

  @Post('password')
  submitPassword(@CurrentPage() page: Page) {
    return page.submit(
      passwordChangeForm(page),
      (form) => <ChangePasswordPage page={page} form={form} />,
      async ({ password, new_password: next }) => {
        const change = { current_password: password, new_password: next };
        await replaceCookie(page, this.browserSessions);
        page.setCookies(await this.passwords.change(page.signedIn, change, page.cookies, page.context));
        return new SeeOther('/account?done=password');
      },
    );
  }

  @Get('email')
  showEmail(@CurrentPage() page: Page): Html {
    return <ChangeEmailPage page={page} form={page.newForm()} />;
  }

  @Post('email')
  submitEmail(@CurrentPage() page: Page) {
    const { account, common } = page.texts;
    return page.submit(
      emailChangeForm(page),
      (form) => <ChangeEmailPage page={page} form={form} />,
      async ({ password, new_email: email }) => {
        await this.emailChange.request(page.signedIn, { email, password }, page.context);
        const link = { href: '/account', label: common.toAccount };
        return (
          <MessagePage
            page={page}
            title={account.emailTitle}
            text={fill(account.changeEmailSent, { email })}
            link={link}
          />
        );
      },
    );
  }

  @Get('authenticator')
  showAuthenticator(@CurrentPage() page: Page): Html {
    return <SetUpAuthenticatorPage page={page} form={page.newForm()} />;
  }

  @Post('authenticator')
  submitAuthenticator(@CurrentPage() page: Page) {
    return page.submit(
      proofForm(page),
      (form) => <SetUpAuthenticatorPage page={page} form={form} />,
      async ({ password }) => {
        const setup = await this.enrolment.begin(page.signedIn, password, page.context);
        return <ConfirmAuthenticatorPage page={page} form={page.newForm()} setup={setup} />;
      },
    );
  }

  @Post('authenticator/confirm')
  confirmAuthenticator(@CurrentPage() page: Page) {
    return page.submit(
      codeForm,
      async (form) => {
        const secret = form.values['secret'] ?? '';
        return isSecret(secret) ? (
          <ConfirmAuthenticatorPage
            page={page}
            form={form}
            setup={await this.totp.describe(page.signedIn.email, secret)}
          />
        ) : (
          <SetUpAuthenticatorPage page={page} form={form} />
        );
      },
      async ({ code }) => {
        await replaceCookie(page, this.browserSessions);
        const { codes, deviceCookie } = await this.enrolment.confirm(page.signedIn, code, page.cookies, page.context);
        page.setCookies(deviceCookie);
        return <RecoveryCodesPage page={page} codes={codes.recovery_codes} />;
      },
    );
  }

  @Get('authenticator/remove')
  showRemoval(@CurrentPage() page: Page): Html {
    page.assertRecentLogin();
    return <RemoveAuthenticatorPage page={page} form={page.newForm()} />;
  }

  @Post('authenticator/remove')
  submitRemoval(@CurrentPage() page: Page) {
    page.assertRecentLogin();
    return page.submit(
      proofForm(page),
      (form) => <RemoveAuthenticatorPage page={page} form={form} />,
      async ({ password }) => {
        await replaceCookie(page, this.browserSessions);
        page.setCookies(await this.enrolment.remove(page.signedIn, password, page.cookies, page.context));
        return new SeeOther('/account?done=authenticator');
      },
    );
  }

  @Get('recovery-codes')
  showRecoveryCodes(@CurrentPage() page: Page): Html {
    page.assertRecentLogin();
    return <NewRecoveryCodesPage page={page} form={page.newForm()} />;
  }

  @Post('recovery-codes')
  async submitRecoveryCodes(@CurrentPage() page: Page): Promise<Html> {
    page.assertRecentLogin();
    await replaceCookie(page, this.browserSessions);
    const codes = await this.enrolment.replaceRecoveryCodes(page.signedIn, page.context);
    return <RecoveryCodesPage page={page} codes={codes.recovery_codes} />;
  }
}

/** Whether a text is 160 bits in base32 (RFC 4648 §6). It is only shown again, so no more needs to be checked. */
const isSecret = (text: string) => /^[A-Z2-7]{32}$/.test(text);
