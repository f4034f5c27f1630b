import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { NoticesService } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { SessionsService, type AccessToken, type Authentication, type SessionOwner } from '../../sessions/index.ts';
import { MfaAttemptsService } from './mfa-attempts.service.ts';
import { mfaCodeInvalid, mfaTokenInvalid, totpNotEnrolled } from './mfa.problems.ts';
import type { MfaAnswer, MfaChallenge } from './mfa.schema.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

const challengeSeconds = 300;
const codesPerChallenge = 5;

/** What a person has proved in the first step of a login. */
export interface FirstFactor {
  /** The way to log in. */
  method: string;
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** When the account got the password that was given, as PostgreSQL writes it; only for a login by password. */
  passwordSince?: string | undefined;
  /** The account's security epoch when the first factor was checked; undefined in a challenge of an earlier version. */
  securityEpoch?: string | undefined;
  /** Id of the device, if the account has logged in on it before. Its attempts are limited separately. */
  device?: string | undefined;
}

/** Asks for second factors at logins, and for a step-up within a session. */
@Injectable()
export class MfaChallengesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly attempts: MfaAttemptsService,
    private readonly sessions: SessionsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly audit: AuditService,
    private readonly notices: NoticesService,
  ) {}

  /** Issues a challenge for a second factor after a valid first one, in the caller's transaction. */
  async issue(manager: EntityManager, accountId: string, factor: FirstFactor): Promise<MfaChallenge> {
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
   * Verifies the answer to a challenge. After a wrong code the challenge stays valid, for 5 codes in total.
   * @param proceed continues the login with a valid code, in the same transaction
   * @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `too_many_attempts`
   */
  async answer<T>(
    { mfa_token: token, code }: MfaAnswer,
    context: RequestContext,
    proceed: (manager: EntityManager, accountId: string, factor: FirstFactor) => Promise<T>,
  ): Promise<T> {
    const challenge = await this.oneTimeTokens.attempt('mfa_challenge', token, codesPerChallenge);
    if (!challenge) {
      throw mfaTokenInvalid.exception();
    }
    const { accountId } = challenge;
    const first = challenge.detail as unknown as FirstFactor;
    const limitedBy = first.device === undefined ? undefined : { kind: 'device' as const, id: first.device };
    return this.attempts.run({ purpose: 'login', limitedBy, accountId }, context, async (manager) => {
      // of concurrent answers with valid codes the first one wins
      if (!(await this.oneTimeTokens.consume(manager, 'mfa_challenge', token))) {
        throw mfaTokenInvalid.exception();
      }
      const amr = [...first.amr, ...(await this.verify(manager, accountId, code, context))];
      return proceed(manager, accountId, { ...first, amr: [...new Set(amr)] });
    });
  }

  /**
   * Verifies a second factor within a session.
   * @returns an access token whose `auth_time` is now
   * @throws ProblemException `mfa_code_invalid`, `totp_not_enrolled`, `too_many_attempts`
   */
  stepUp(principal: Principal, code: string, context: RequestContext): Promise<AccessToken> {
    return this.confirm(principal, code, context, async (_manager, authentication) =>
      this.sessions.reissue(principal, authentication),
    );
  }

  /**
   * Verifies a second factor of a session's owner, and sets the session's time of authentication to now.
   * @param proceed runs in the same transaction, which it undoes if it throws
   * @throws ProblemException `mfa_code_invalid`, `totp_not_enrolled`, `too_many_attempts`, `token_invalid`
   */
  async confirm<T>(
    owner: SessionOwner,
    code: string,
    context: RequestContext,
    proceed: (manager: EntityManager, authentication: Authentication) => Promise<T>,
  ): Promise<T> {
    const { accountId, sessionId } = owner;
    if (!(await this.totp.isEnrolled(this.dataSource, accountId))) {
      throw totpNotEnrolled.exception();
    }
    const attempt = { purpose: 'step_up', limitedBy: { kind: 'session', id: sessionId }, accountId } as const;
    return this.attempts.run(attempt, context, async (manager) => {
      const amr = await this.verify(manager, accountId, code, context);
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'mfa.stepped_up', ...ids, detail: { session_id: sessionId } });
      return proceed(manager, await this.sessions.renew(manager, owner, amr));
    });
  }

  /**
   * Uses a code of the authenticator app, or a recovery code.
   * @returns the authentication methods that it proves (RFC 8176)
   * @throws ProblemException `mfa_code_invalid`
   */
  private async verify(
    manager: EntityManager,
    accountId: string,
    code: string,
    context: RequestContext,
  ): Promise<string[]> {
    const isTotp = /^\d{6}$/.test(code);
    const isValid = await (isTotp
      ? this.totp.verify(manager, accountId, code)
      : this.recoveryCodes.use(manager, accountId, code));
    if (!isValid) {
      throw mfaCodeInvalid.exception();
    }
    if (!isTotp) {
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'mfa.recovery_code_used', ...ids });
      await this.notices.send(manager, accountId, 'recovery_code_used', context);
    }
    return ['otp', 'mfa'];
  }
}
