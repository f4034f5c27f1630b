import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
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
   * @throws SeeOther the page to sign in, if there is nothing
   */
  async waysOf(page: Page): Promise<ConfirmationWays> {
    const { signedIn, settings } = page;
    const { totp } = await this.mfa.status(signedIn);
    const { passkeys } = settings.passkeysEnabled ? await this.passkeys.list(signedIn.accountId) : { passkeys: [] };
    const isPasswordEnough = !signedIn.amr.includes('mfa') && page.parameter('acr') !== 'aal2';
    const byPassword = signedIn.hasPassword && isPasswordEnough ? 'password' : undefined;
    const ways: ConfirmationWays = { by: totp ? 'code' : byPassword, passkey: passkeys.length > 0 };
    if (ways.by === undefined && !ways.passkey) {
      throw new SeeOther(withContinue('/sign-in', page.continueUrl));
    }
    return ways;
  }

  /**
   * Renews the session's time of authentication by a passkey.
   * @returns a `set-cookie` header, as {@link confirm} does
   * @throws ProblemException `passkey_invalid`, `too_many_attempts`, `token_invalid`
   */
  async confirmByPasskey({ signedIn: principal, cookies, context }: Page, login: PasskeyLogin) {
    await this.passkeyLogin.stepUp(login, principal, context);
    return this.browserSessions.rotate(principal, cookies);
  }

  /**
   * Renews the session's time of authentication.
   * @returns a `set-cookie` header: the session goes on under a new value
   * @throws ProblemException `password_incorrect`, `mfa_code_invalid`, `too_many_attempts`, `hash_queue_full`, `token_invalid`
   */
  async confirm({ signedIn: principal, cookies, context }: Page, proof: Confirmation): Promise<string | undefined> {
    if ('code' in proof) {
      await this.challenges.stepUp(principal, proof.code, context);
      return this.browserSessions.rotate(principal, cookies);
    }
    const account = await this.reauthentication.byPassword(principal, proof.password);
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.sessions.renew(manager, principal, ['pwd']);
      const ids = { actorId: account.id, subjectId: account.id };
      await this.audit.record(manager, context, { type: 'login.confirmed', ...ids });
      return this.browserSessions.rotate(principal, cookies, manager);
    });
  }
}
