import { ProblemException, problems } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ReauthenticationService } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { MfaChallengesService, MfaService } from '../../login/mfa/index.ts';
import { PasskeyLoginService, PasskeysService, type PasskeyLogin } from '../../login/passkeys/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { SeeOther, withContinue, type Page } from '../kit/index.ts';
import type { Confirmation } from './sign-in.forms.ts';

/** How the owner of a session can prove again who they are. */
export interface ConfirmationWays {
  by: 'code' | 'password' | undefined;
  passkey: boolean;
}

/** Replaces the session's cookie in a transaction, and returns a `set-cookie` header. */
type Rotate = (manager: EntityManager) => Promise<string>;

/** Lets the owner of a session prove again who they are: by a passkey, the authenticator app if there is one, or the password. */
@Injectable()
export class ConfirmationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly mfa: MfaService,
    private readonly challenges: MfaChallengesService,
    private readonly passkeys: PasskeysService,
    private readonly passkeyLogin: PasskeyLoginService,
    private readonly reauthentication: ReauthenticationService,
    private readonly sessions: SessionsService,
    private readonly browserSessions: BrowserSessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * What the page offers. A password is too little where more than one factor is asked for, and would weaken a session that has more.
   * @throws SeeOther if there is nothing: the page to add a second factor if one is asked for, otherwise the page to sign in
   */
  async waysOf(page: Page): Promise<ConfirmationWays> {
    const { signedIn, settings } = page;
    const { totp } = await this.mfa.status(signedIn);
    const { passkeys } = settings.passkeysEnabled ? await this.passkeys.list(signedIn.accountId) : { passkeys: [] };
    const isFactorRequired = page.parameter('acr') === 'aal2';
    const isPasswordEnough = !signedIn.amr.includes('mfa') && !isFactorRequired;
    const byPassword = signedIn.hasPassword && isPasswordEnough ? 'password' : undefined;
    const ways: ConfirmationWays = { by: totp ? 'code' : byPassword, passkey: passkeys.length > 0 };
    if (ways.by === undefined && !ways.passkey) {
      // signing in again would not be a second factor
      throw new SeeOther(isFactorRequired ? '/account/authenticator' : withContinue('/sign-in', page.continueUrl));
    }
    return ways;
  }

  /**
   * Renews the session's time of authentication by a passkey.
   * @returns a `set-cookie` header, as {@link confirm} does
   * @throws ProblemException `passkey_invalid`, `too_many_attempts`
   * @throws SeeOther the page to sign in, as {@link confirm} does
   */
  confirmByPasskey(page: Page, login: PasskeyLogin): Promise<string> {
    return this.goOn(page, (rotate) => this.passkeyLogin.stepUp(login, page.signedIn, page.context, rotate));
  }

  /**
   * Renews the session's time of authentication.
   * @returns a `set-cookie` header: the session goes on under a new value
   * @throws ProblemException `password_incorrect`, `mfa_code_invalid`, `too_many_attempts`, `hash_queue_full`
   * @throws SeeOther the page to sign in, if the session has ended meanwhile or has another cookie
   */
  confirm(page: Page, proof: Confirmation): Promise<string> {
    return this.goOn(page, (rotate) =>
      'code' in proof
        ? this.challenges.confirm(page.signedIn, proof.code, page.context, rotate)
        : this.confirmByPassword(page, proof.password, rotate),
    );
  }

  private async confirmByPassword(page: Page, password: string, rotate: Rotate): Promise<string> {
    const { signedIn: principal, context } = page;
    const account = await this.reauthentication.byPassword(principal, password);
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.sessions.renew(manager, principal, ['pwd']);
      const ids = { actorId: account.id, subjectId: account.id };
      await this.audit.record(manager, context, { type: 'login.confirmed', ...ids });
      return rotate(manager);
    });
  }

  /**
   * Confirms, and replaces the cookie in the same transaction: nobody who holds the earlier value ever has what was proved.
   * @param confirm gets what replaces the cookie
   */
  private async goOn(page: Page, confirm: (rotate: Rotate) => Promise<string>): Promise<string> {
    try {
      return await confirm(async (manager) => {
        const cookie = await this.browserSessions.rotate(page.signedIn, page.cookies, manager);
        if (cookie === undefined) {
          throw problems.tokenInvalid.exception();
        }
        return cookie;
      });
    } catch (error) {
      const hasEnded = error instanceof ProblemException && error.problem === problems.tokenInvalid;
      throw hasEnded ? new SeeOther(withContinue('/sign-in', page.continueUrl)) : error;
    }
  }
}
