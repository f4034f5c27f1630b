import { ProblemException } from '#common';
import { Get, Post } from '@nestjs/common';
import { RegistrationService } from '../../accounts/index.ts';
import { CurrentPage, MessagePage, Pages, withContinue, type Html, type Page, type SeeOther } from '../kit/index.ts';
import { emailForm, SignInService } from '../sign-in/index.ts';
import { fill } from '../../texts/index.ts';
import { registrationForm, type Registration } from './registration.forms.ts';
import { RegisterByMailPage, RegisterPage } from './registration.views.tsx';

/** Creating an account. */
@Pages('register')
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
  ) {}

  @Get()
  show(@CurrentPage() page: Page): Html {
    return page.settings.registrationOpen ? (
      <RegisterPage page={page} form={page.newForm('email')} />
    ) : (
      <MessagePage page={page} title={page.texts.register.title} text={page.texts.problems.registration_closed} />
    );
  }

  @Post()
  submit(@CurrentPage() page: Page) {
    return page.submit(
      registrationForm,
      (form) => <RegisterPage page={page} form={form} />,
      (values) => this.register(page, values),
    );
  }

  @Get('passkey')
  showByMail(@CurrentPage() page: Page): Html {
    const { registrationOpen, passkeysEnabled } = page.settings;
    return registrationOpen && passkeysEnabled ? (
      <RegisterByMailPage page={page} form={page.newForm('email')} />
    ) : (
      this.show(page)
    );
  }

  @Post('passkey')
  submitByMail(@CurrentPage() page: Page) {
    return page.submit(
      emailForm,
      (form) => <RegisterByMailPage page={page} form={form} />,
      async ({ email }) => {
        await this.registration.registerByMail(email, page.context);
        return this.checkMail(page, email);
      },
    );
  }

  private async register(page: Page, { email, new_password: password }: Registration): Promise<Html | SeeOther> {
    const account = await this.registration.register({ email, password }, page.context);
    if (!account) {
      // a login would tell whether the e-mail address was taken
      return this.checkMail(page, email);
    }
    try {
      return await this.signIn.byPassword(page, { email, password });
    } catch (error) {
      if (error instanceof ProblemException) {
        return this.checkMail(page, email);
      }
      throw error;
    }
  }

  /** The account exists, but can't log in yet. */
  private checkMail(page: Page, email: string): Html {
    const { register, common } = page.texts;
    const link = { href: withContinue('/sign-in', page.continueUrl), label: common.toSignIn };
    return <MessagePage page={page} title={register.doneTitle} text={fill(register.doneText, { email })} link={link} />;
  }
}
