import { ProblemException, queryRows, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ReauthenticationService } from '../../accounts/index.ts';
import { RateLimitsService, tooManyAttempts, type RateLimit } from '../../rate-limits/index.ts';
import { AuditService, type AuditEventType } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { SessionsService, type AccessToken } from '../../sessions/index.ts';
import { MfaMetrics } from './mfa.metrics.ts';
import { mfaCodeInvalid, mfaTokenInvalid, totpNotEnrolled } from './mfa.problems.ts';
import type { MfaAnswer, MfaChallenge, MfaStatus, RecoveryCodes, TotpSetup } from './mfa.schema.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

const challengeSeconds = 300;
/** Codes that may be tried with one challenge. */
const maxTries = 5;

type CheckPurpose = 'login' | 'step_up' | 'enrolment';

/** What has been proved of somebody who logs in. */
export interface Factor {
  /** How they log in. */
  method: string;
  /** What that was, in the words of RFC 8176. */
  amr: string[];
  /** Since when the account has the password that was given, as PostgreSQL writes it; only where one was. */
  passwordSince?: string | undefined;
  /** Id of the device, where the account is known to have logged in on it: it waits only for failures of its own. */
  device?: string | undefined;
}

/** Second factors: asks for them at logins and in between, and lets their owners manage them. */
@Injectable()
export class MfaService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly sessions: SessionsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly metrics: MfaMetrics,
  ) {}

  /** Asks for a second factor after a first one that was right, in the caller's transaction. */
  async challenge(manager: EntityManager, accountId: string, factor: Factor): Promise<MfaChallenge> {
    const token = await this.oneTimeTokens.issue(manager, {
      purpose: 'mfa_challenge',
      accountId,
      ttlSeconds: challengeSeconds,
      detail: { ...factor },
    });
    return {
      mfa_required: true,
      mfa_token: token,
      expires_in: challengeSeconds,
      methods: ['totp', 'recovery_code'],
    };
  }

  /**
   * Takes the second factor that was asked for. A wrong code leaves the challenge good for a few more.
   * @param proceed what a right one allows, in the same transaction
   * @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `too_many_attempts`
   */
  async answer<T>(
    { mfa_token: token, code }: MfaAnswer,
    context: RequestContext,
    proceed: (manager: EntityManager, accountId: string, factor: Factor) => Promise<T>,
  ): Promise<T> {
    const challenge = await this.oneTimeTokens.attempt('mfa_challenge', token, maxTries);
    if (!challenge) {
      throw mfaTokenInvalid.exception();
    }
    const { accountId } = challenge;
    const first = challenge.detail as unknown as Factor;
    const limit = this.limit(first.device === undefined ? `account:${accountId}` : `device:${first.device}`);
    return this.guarded('login', limit, accountId, context, async (manager) => {
      // of two right codes for one challenge the first one stands
      if (!(await this.oneTimeTokens.consume(manager, 'mfa_challenge', token))) {
        throw mfaTokenInvalid.exception();
      }
      const amr = merge(first.amr, await this.prove(manager, accountId, code, context));
      return proceed(manager, accountId, { ...first, amr });
    });
  }

  /**
   * Proves a second factor within a session.
   * @returns an access token that says so
   * @throws ProblemException `mfa_code_invalid`, `totp_not_enrolled`, `too_many_attempts`
   */
  async stepUp(principal: Principal, code: string, context: RequestContext): Promise<AccessToken> {
    const { accountId, sessionId } = principal;
    await this.assertEnrolled(accountId);
    return this.guarded('step_up', this.limit(`session:${sessionId}`), accountId, context, async (manager) => {
      const methods = await this.prove(manager, accountId, code, context);
      await this.record(manager, context, accountId, 'mfa.stepped_up', { session_id: sessionId });
      return this.sessions.renew(manager, principal, methods);
    });
  }

  async status({ accountId }: Principal): Promise<MfaStatus> {
    return {
      totp: await this.totp.isEnrolled(this.dataSource, accountId),
      recovery_codes: await this.recoveryCodes.count(this.dataSource, accountId),
    };
  }

  /**
   * Begins the enrolment of an authenticator app.
   * @throws ProblemException `password_incorrect`, `totp_enrolled`, `too_many_attempts`
   */
  async enrolTotp(principal: Principal, password: string, context: RequestContext): Promise<TotpSetup> {
    const account = await this.reauthentication.byPassword(principal, password);
    return this.dataSource.transaction(async (manager) => {
      const setup = await this.totp.setUp(manager, account);
      await this.record(manager, context, account.id, 'mfa.totp_set_up');
      return setup;
    });
  }

  /**
   * Completes the enrolment. This session has thereby proved the second factor; all others, which have not, end.
   * @throws ProblemException `mfa_code_invalid`, `too_many_attempts`
   */
  async confirmTotp(principal: Principal, code: string, context: RequestContext): Promise<RecoveryCodes> {
    const { accountId, sessionId } = principal;
    return this.guarded('enrolment', this.limit(`session:${sessionId}`), accountId, context, async (manager) => {
      await manager.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [accountId]);
      if (!(await this.totp.confirm(manager, accountId, code))) {
        throw mfaCodeInvalid.exception();
      }
      const codes = await this.recoveryCodes.replace(manager, accountId);
      await this.sessions.renew(manager, principal, ['otp', 'mfa']);
      await this.sessions.revokeOthers(manager, principal, context);
      await this.record(manager, context, accountId, 'mfa.totp_enrolled');
      return { recovery_codes: codes };
    });
  }

  /**
   * Removes the authenticator app and the recovery codes.
   * @throws ProblemException `password_incorrect`, `totp_not_enrolled`, `too_many_attempts`
   */
  async disableTotp(principal: Principal, password: string, context: RequestContext): Promise<void> {
    const { id } = await this.reauthentication.byPassword(principal, password);
    await this.dataSource.transaction(async (manager) => {
      if (!(await this.totp.remove(manager, id))) {
        throw totpNotEnrolled.exception();
      }
      await this.forgetTotp(manager, id);
      await this.record(manager, context, id, 'mfa.totp_disabled');
    });
  }

  /**
   * Makes the recovery codes anew.
   * @throws ProblemException `totp_not_enrolled`
   */
  async regenerateRecoveryCodes({ accountId }: Principal, context: RequestContext): Promise<RecoveryCodes> {
    return this.dataSource.transaction(async (manager) => {
      // of two at once the later one's codes are good, and not both
      const enrolled = await queryRows(
        manager,
        'SELECT FROM totp WHERE account_id = $1 AND confirmed_at IS NOT NULL FOR UPDATE',
        [accountId],
      );
      if (enrolled.length === 0) {
        throw totpNotEnrolled.exception();
      }
      const codes = await this.recoveryCodes.replace(manager, accountId);
      await this.record(manager, context, accountId, 'mfa.recovery_codes_regenerated');
      return { recovery_codes: codes };
    });
  }

  /**
   * Removes an account's authenticator app and recovery codes in the caller's transaction. Neither audits it nor ends
   * sessions.
   */
  async reset(manager: EntityManager, accountId: string): Promise<void> {
    await this.totp.remove(manager, accountId);
    await this.forgetTotp(manager, accountId);
  }

  private async forgetTotp(manager: EntityManager, accountId: string): Promise<void> {
    await this.recoveryCodes.remove(manager, accountId);
    await this.oneTimeTokens.revoke(manager, 'mfa_challenge', accountId);
  }

  /**
   * Does in one transaction what a right code allows.
   * @throws ProblemException `mfa_code_invalid`, and audits it; `too_many_attempts`
   */
  private async guarded<T>(
    purpose: CheckPurpose,
    limit: RateLimit,
    accountId: string,
    context: RequestContext,
    job: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    try {
      await this.rateLimits.consume(limit);
      const result = await this.dataSource.transaction(async (manager) => {
        const done = await job(manager);
        await this.rateLimits.reset(manager, limit);
        return done;
      });
      this.metrics.checks.inc({ purpose, result: 'succeeded' });
      return result;
    } catch (error) {
      const problem = error instanceof ProblemException ? error.problem : undefined;
      if (problem === tooManyAttempts) {
        this.metrics.checks.inc({ purpose, result: 'throttled' });
      } else if (problem === mfaCodeInvalid) {
        this.metrics.checks.inc({ purpose, result: 'failed' });
        await this.audit.record(this.dataSource.manager, context, {
          type: 'mfa.failed',
          subjectId: accountId,
          detail: { purpose },
        });
      }
      throw error;
    }
  }

  /**
   * Takes a code of either kind.
   * @returns what it proves, in the words of RFC 8176
   */
  private async prove(
    manager: EntityManager,
    accountId: string,
    code: string,
    context: RequestContext,
  ): Promise<string[]> {
    if (/^\d{6}$/.test(code)) {
      if (await this.totp.verify(manager, accountId, code)) {
        return ['otp', 'mfa'];
      }
    } else if (await this.recoveryCodes.take(manager, accountId, code)) {
      await this.record(manager, context, accountId, 'mfa.recovery_code_used');
      return ['otp', 'mfa'];
    }
    throw mfaCodeInvalid.exception();
  }

  private async assertEnrolled(accountId: string): Promise<void> {
    if (!(await this.totp.isEnrolled(this.dataSource, accountId))) {
      throw totpNotEnrolled.exception();
    }
  }

  private limit(of: string): RateLimit {
    return { key: `mfa:${of}`, burst: this.config.LOGIN_ACCOUNT_BURST };
  }

  private async record(
    manager: EntityManager,
    context: RequestContext,
    accountId: string,
    type: AuditEventType,
    detail: Record<string, unknown> = {},
  ): Promise<void> {
    await this.audit.record(manager, context, { type, actorId: accountId, subjectId: accountId, detail });
  }
}

const merge = (...lists: string[][]) => [...new Set(lists.flat())];
