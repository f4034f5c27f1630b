import { Injectable } from '@nestjs/common';
import { LoginCompletionService, type LoginResult } from '../../login/completion/index.ts';
import type { MfaAnswer } from '../../login/mfa/index.ts';
import { PasskeyLoginService, type PasskeyLogin } from '../../login/passkeys/index.ts';
import { PasswordLoginService } from '../../login/password/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { SeeOther, type Html, type Page } from '../kit/index.ts';
import { SecondFactorPage } from './sign-in.views.tsx';

/** Logs people in on pages: the browser gets the session. */
@Injectable()
export class SignInService {
  constructor(
    private readonly passwordLogin: PasswordLoginService,
    private readonly passkeyLogin: PasskeyLoginService,
    private readonly completion: LoginCompletionService,
    private readonly browserSessions: BrowserSessionsService,
  ) {}

  /** @throws ProblemException `credentials_invalid`, `sign_in_refused`, `too_many_attempts`, `hash_queue_full` */
  async byPassword(page: Page, credentials: { email: string; password: string }): Promise<Html | SeeOther> {
    return this.proceed(page, await this.passwordLogin.login(credentials, page.cookies, page.context));
  }

  /** @throws ProblemException `passkey_invalid`, `sign_in_refused`, `too_many_attempts` */
  async byPasskey(page: Page, login: PasskeyLogin): Promise<Html | SeeOther> {
    return this.proceed(page, await this.passkeyLogin.login(login, page.cookies, page.context));
  }

  /** @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `sign_in_refused`, `too_many_attempts` */
  async bySecondFactor(page: Page, answer: MfaAnswer): Promise<Html | SeeOther> {
    return this.proceed(page, await this.completion.completeByMfa(answer, page.context));
  }

  /** Gives the browser the session of a login, or asks for the second factor. */
  async proceed(page: Page, { answer, deviceCookie }: LoginResult): Promise<Html | SeeOther> {
    if ('mfa_required' in answer) {
      return <SecondFactorPage page={page} form={page.newForm()} mfaToken={answer.mfa_token} />;
    }
    const sessionCookie = await this.browserSessions.adopt(answer, page.cookies, page.context);
    page.setCookies(sessionCookie, deviceCookie);
    return new SeeOther(page.continueUrl);
  }
}
