import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountAccessService,
  AccountsRepository,
  KnownDevicesService,
  NoticesService,
  ReauthenticationService,
} from '../../accounts/index.ts';
import { AuditService, type AuditEventType } from '../../audit/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { MfaAttemptsService } from './mfa-attempts.service.ts';
import { mfaCodeInvalid, totpNotEnrolled } from './mfa.problems.ts';
import type { RecoveryCodes, TotpSetup } from './mfa.schema.ts';
import { MfaService } from './mfa.service.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

/** An enrolment that is complete. */
interface Enrolment {
  codes: RecoveryCodes;
  /** A `set-cookie` header by which a known device stays known. */
  deviceCookie: string | undefined;
}

/** Lets owners of accounts enrol and remove an authenticator app, with the recovery codes that belong to it. */
@Injectable()
export class TotpEnrolmentService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly mfa: MfaService,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly attempts: MfaAttemptsService,
    private readonly access: AccountAccessService,
    private readonly accounts: AccountsRepository,
    private readonly knownDevices: KnownDevicesService,
    private readonly notices: NoticesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Begins the enrolment of an authenticator app.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `totp_enrolled`, `too_many_attempts`,
   *   `token_invalid`
   */
  async begin(principal: Principal, password: string | undefined, context: RequestContext): Promise<TotpSetup> {
    const account = await this.reauthentication.prove(principal, password);
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      const setup = await this.totp.setUp(manager, account);
      await this.record(manager, context, account.id, 'mfa.totp_set_up');
      return setup;
    });
  }

  /**
   * Completes the enrolment. The current session counts as authenticated by the second factor; all other sessions end, and
   * what is pending.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `mfa_code_invalid`, `too_many_attempts`
   */
  async confirm(
    principal: Principal,
    code: string,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<Enrolment> {
    const { accountId, sessionId } = principal;
    const attempt = { purpose: 'enrolment', limitedBy: { kind: 'session', id: sessionId }, accountId } as const;
    return this.attempts.run(attempt, context, async (manager, account) => {
      // the account is locked, and logins lock it too: none starts a session by one factor after this
      if (!(await this.totp.confirm(manager, accountId, code))) {
        throw mfaCodeInvalid.exception();
      }
      const codes = await this.recoveryCodes.replace(manager, accountId);
      await this.sessions.renew(manager, principal, ['otp', 'mfa']);
      await this.access.revoke(manager, accountId, context, { keepSession: principal });
      await this.record(manager, context, accountId, 'mfa.totp_enrolled');
      await this.notices.send(manager, accountId, 'authenticator_added', context);
      const deviceCookie = account && (await this.knownDevices.keep(manager, account, cookies));
      return { codes: { recovery_codes: codes }, deviceCookie };
    });
  }

  /**
   * Removes the authenticator app and the recovery codes.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @returns a `set-cookie` header by which a known device stays known
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `totp_not_enrolled`, `too_many_attempts`,
   *   `token_invalid`
   */
  async remove(
    principal: Principal,
    password: string | undefined,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const account = await this.reauthentication.prove(principal, password);
    const { id } = account;
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      if (!(await this.mfa.reset(manager, id))) {
        throw totpNotEnrolled.exception();
      }
      await this.record(manager, context, id, 'mfa.totp_disabled');
      await this.notices.send(manager, id, 'authenticator_removed', context);
      return this.knownDevices.keep(manager, account, cookies);
    });
  }

  /**
   * Replaces the recovery codes.
   * @throws ProblemException `totp_not_enrolled`, `token_invalid`
   */
  async replaceRecoveryCodes(principal: Principal, context: RequestContext): Promise<RecoveryCodes> {
    const { accountId } = principal;
    return this.dataSource.transaction(async (manager) => {
      await this.accounts.lock(manager, accountId);
      await this.sessions.assertActive(manager, principal);
      // of concurrent replacements the last one's codes are valid, and no others
      if (!(await this.totp.lockEnrolled(manager, accountId))) {
        throw totpNotEnrolled.exception();
      }
      const codes = await this.recoveryCodes.replace(manager, accountId);
      await this.record(manager, context, accountId, 'mfa.recovery_codes_regenerated');
      return { recovery_codes: codes };
    });
  }

  private async record(
    manager: EntityManager,
    context: RequestContext,
    accountId: string,
    type: AuditEventType,
  ): Promise<void> {
    await this.audit.record(manager, context, { type, actorId: accountId, subjectId: accountId });
  }
}
