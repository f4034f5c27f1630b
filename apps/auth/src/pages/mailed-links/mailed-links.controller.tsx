import { Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EmailChangeService } from '../../accounts/email-change/index.ts';
import { EmailLinkRequestsService } from '../../accounts/email-link-requests/index.ts';
import { EmailVerificationService, type VerificationConfirmation } from '../../accounts/email-verification/index.ts';
import { InvitationsService } from '../../accounts/invitations/index.ts';
import { PasswordResetService } from '../../accounts/password-reset/index.ts';
import { MagicLinkService } from '../../login/magic-link/index.ts';
import { CurrentPage, Pages, type FormState, type Html, type Page, type SeeOther } from '../kit/index.ts';
import { emailForm, LinkSentPage, SignInService } from '../sign-in/index.ts';
import { LinkToken } from './link-token.ts';
import { MailedLinksReader, type LinkPath } from './mailed-link.ts';
import { linkForm, newPasswordForm, verificationForm } from './mailed-links.forms.ts';
import {
  ForgotPasswordPage,
  LinkPage,
  LinkUsedPage,
  MissingTokenPage,
  UselessLinkPage,
} from './mailed-links.views.tsx';

/** The pages that mailed links open. Opening one uses nothing up; its button does. */
@Pages()
export class MailedLinksController {
  constructor(
    private readonly linkToken: LinkToken,
    private readonly reader: MailedLinksReader,
    private readonly emailChange: EmailChangeService,
    private readonly emailVerification: EmailVerificationService,
    private readonly invitations: InvitationsService,
    private readonly linkRequests: EmailLinkRequestsService,
    private readonly magicLink: MagicLinkService,
    private readonly passwordReset: PasswordResetService,
    private readonly signIn: SignInService,
  ) {}

  @Get('forgot-password')
  showForgotPassword(@CurrentPage() page: Page): Html {
    return <ForgotPasswordPage page={page} form={page.newForm('email')} />;
  }

  @Post('forgot-password')
  submitForgotPassword(@CurrentPage() page: Page) {
    return page.submit(
      emailForm,
      (form) => <ForgotPasswordPage page={page} form={form} />,
      async ({ email }) => {
        await this.linkRequests.request('password_reset', email, page.context);
        return <LinkSentPage page={page} email={email} />;
      },
    );
  }

  @Get('reset-password')
  showReset(@CurrentPage() page: Page) {
    return this.open(page, 'reset-password');
  }

  @Post('reset-password')
  submitReset(@CurrentPage() page: Page) {
    return this.use(page, 'reset-password', newPasswordForm, ({ token, new_password: password }) =>
      this.passwordReset.confirm(token, password, page.context),
    );
  }

  @Get('verify-email')
  showVerification(@CurrentPage() page: Page) {
    return this.open(page, 'verify-email');
  }

  @Post('verify-email')
  submitVerification(@CurrentPage() page: Page) {
    return this.use(page, 'verify-email', verificationForm, (proof) => this.verify(page, proof));
  }

  @Get('magic-link')
  showMagicLink(@CurrentPage() page: Page) {
    return this.open(page, 'magic-link');
  }

  @Post('magic-link')
  submitMagicLink(@CurrentPage() page: Page) {
    return this.use(page, 'magic-link', linkForm, async ({ token }) =>
      this.signIn.proceed(page, await this.magicLink.confirm(token, page.cookies, page.context)),
    );
  }

  @Get('confirm-email')
  showEmailChange(@CurrentPage() page: Page) {
    return this.open(page, 'confirm-email');
  }

  @Post('confirm-email')
  submitEmailChange(@CurrentPage() page: Page) {
    return this.use(page, 'confirm-email', verificationForm, async (proof) => {
      page.setCookies(await this.emailChange.confirm(proof, page.session, page.cookies, page.context));
    });
  }

  @Get('accept-invitation')
  showInvitation(@CurrentPage() page: Page) {
    return this.open(page, 'accept-invitation');
  }

  @Post('accept-invitation')
  submitInvitation(@CurrentPage() page: Page) {
    return this.use(page, 'accept-invitation', newPasswordForm, ({ token, new_password: password }) =>
      this.invitations.accept({ token, password }, page.context),
    );
  }

  private async open(page: Page, path: LinkPath): Promise<Html | SeeOther> {
    const token = this.linkToken.read(page, path);
    if (typeof token !== 'string') {
      return token ?? <MissingTokenPage page={page} />;
    }
    return this.show(page, path, token, page.newForm());
  }

  private async show(page: Page, path: LinkPath, token: string, form: FormState): Promise<Html> {
    const link = await this.reader.read(path, token);
    return link ? (
      <LinkPage page={page} form={form} path={path} link={link} />
    ) : (
      <UselessLinkPage page={page} path={path} />
    );
  }

  private async verify(page: Page, proof: VerificationConfirmation): Promise<Html | SeeOther | undefined> {
    const link = await this.reader.read('verify-email', proof.token);
    if (link?.isFirst) {
      page.continueUrl = '/account/welcome';
      return this.signIn.proceed(page, await this.magicLink.confirmFirst(proof.token, page.cookies, page.context));
    }
    await this.emailVerification.confirm(proof, page.session, page.context);
    return undefined;
  }

  /** @param run uses the link; what it returns is shown, or else that the link was used */
  private use<T extends { token: string }>(
    page: Page,
    path: LinkPath,
    schema: z.ZodType<T>,
    run: (values: T) => Promise<Html | SeeOther | undefined> | Promise<void>,
  ) {
    const token = page.parameter('token') ?? '';
    return page.submit(
      schema,
      (form) => this.show(page, path, token, form),
      async (values) => {
        const result = await run(values);
        this.linkToken.forget(page, values.token);
        return result ?? <LinkUsedPage page={page} path={path} />;
      },
    );
  }
}
