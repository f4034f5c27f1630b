import type { RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountsRepository,
  newDeviceFacts,
  NoticesService,
  type AccountDetails,
  type StoredAccount,
} from '../../accounts/index.ts';
import { AuditService, shortestRetentionDays } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService } from '../../email/outbox/index.ts';
import { statedLocale } from '../../texts/index.ts';
import { RateLimitsService, type LoginLimits } from '../../rate-limits/index.ts';
import { SessionsService, type Tokens } from '../../sessions/index.ts';
import { DeviceCookie } from '../../sessions/device-cookie/index.ts';
import {
  MfaChallengesService,
  mfaTokenInvalid,
  type FirstFactor,
  type MfaAnswer,
  type MfaChallenge,
} from '../mfa/index.ts';
import { emailUnverified } from './login-completion.problems.ts';
import { loginResults } from './login.metrics.ts';

const dayMs = 24 * 3600 * 1000;

/** The ways to log in. */
type LoginMethod = 'magic_link' | 'passkey' | 'password' | 'social';

/** What a login results in. */
export interface LoginResult {
  answer: Tokens | MfaChallenge;
  /** A `set-cookie` header by which the device is recognised; undefined before the login is complete. */
  deviceCookie?: string;
}

/** The login of a person who has proved who they are. */
export interface ProvenLogin {
  account: StoredAccount;
  method: LoginMethod;
  /** Authentication methods (RFC 8176); with `mfa` no second factor is asked for. */
  amr: string[];
  /** When the account got the password that was given, as PostgreSQL writes it; only for a login by password. */
  passwordSince?: string;
  /** The request's `cookie` header, which may identify a known device. */
  cookies: string | undefined;
  /** The rate limits that counted the login, if the session's start resets them. */
  limits?: LoginLimits;
}

/** Completes all logins: what follows once a person has proved who they are. */
@Injectable()
export class LoginCompletionService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'REQUIRE_VERIFIED_EMAIL'>,
    private readonly accounts: AccountsRepository,
    private readonly sessions: SessionsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly challenges: MfaChallengesService,
    private readonly devices: DeviceCookie,
    private readonly mails: MailService,
    private readonly notices: NoticesService,
  ) {}

  /**
   * Starts a session in the caller's transaction, or asks for a second factor if the account has one.
   * @throws ProblemException `sign_in_refused`, `email_unverified`, whose audit is the caller's
   */
  complete(manager: EntityManager, login: ProvenLogin, context: RequestContext): Promise<LoginResult> {
    return this.completeWith(manager, login, this.factorOf(login), context);
  }

  /**
   * Does what {@link complete} does, for a caller without a transaction. It opens one only if the login takes more than the one
   * statement that starts a session.
   * @throws ProblemException `sign_in_refused`, `email_unverified`
   */
  async completeAlone(login: ProvenLogin, context: RequestContext): Promise<LoginResult> {
    if (!this.isAdmitted(login.account)) {
      await this.recordUnverified(login, context);
      throw emailUnverified.exception();
    }
    const factor = this.factorOf(login);
    const isOneStatement = !needsSecondFactor(login) && !this.mayNotify(factor);
    return isOneStatement
      ? this.completeWith(this.dataSource.manager, login, factor, context)
      : this.dataSource.transaction((manager) => this.completeWith(manager, login, factor, context));
  }

  /**
   * Completes a login that a second factor was asked for.
   * @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `sign_in_refused`, `email_unverified`,
   *   `too_many_attempts`
   */
  async completeByMfa(answer: MfaAnswer, context: RequestContext): Promise<LoginResult> {
    return this.challenges.answer(answer, context, async (manager, accountId, factor) => {
      const account = await this.accounts.findById(manager, accountId);
      if (!account) {
        throw mfaTokenInvalid.exception();
      }
      this.assertAdmitted(account);
      return this.start(manager, account, factor, context);
    });
  }

  private async completeWith(
    manager: EntityManager,
    login: ProvenLogin,
    factor: FirstFactor,
    context: RequestContext,
  ): Promise<LoginResult> {
    const { account, method, limits } = login;
    this.assertAdmitted(account);
    if (!needsSecondFactor(login)) {
      return this.start(manager, account, factor, context, limits);
    }
    const challenge = await this.challenges.issue(manager, account.id, factor);
    const ids = { actorId: account.id, subjectId: account.id };
    await this.audit.record(manager, context, { type: 'login.mfa_required', ...ids, detail: { method } });
    if (limits) {
      await this.rateLimits.succeed(manager, limits);
    }
    loginResults.inc({ result: 'mfa_required' });
    return { answer: challenge };
  }

  /** Starts a session, and sends the owner a notice if the device is new. */
  private async start(
    manager: EntityManager,
    account: StoredAccount,
    factor: FirstFactor,
    context: RequestContext,
    limits?: LoginLimits,
  ): Promise<LoginResult> {
    if (this.mayNotify(factor)) {
      await this.notify(manager, account.id, context);
    }
    const locale = account.locale === null ? statedLocale(context.acceptLanguage) : null;
    if (locale) {
      await this.accounts.setFirstLocale(manager, account.id, locale);
    }
    const { device, ...login } = factor;
    const tokens = await this.sessions.start(manager, { account, ...login, limits }, context);
    loginResults.inc({ result: 'succeeded' });
    return { answer: tokens, deviceCookie: this.devices.issue(account, device) };
  }

  /** Whether the account's e-mail address is verified, if that is required. */
  private isAdmitted({ isVerified }: StoredAccount): boolean {
    return isVerified || !this.config.REQUIRE_VERIFIED_EMAIL;
  }

  /** @throws ProblemException `email_unverified` */
  private assertAdmitted(account: StoredAccount): void {
    if (!this.isAdmitted(account)) {
      throw emailUnverified.exception();
    }
  }

  /** The person has proved who they are: the attempt does not count as a failure. */
  private async recordUnverified({ account, method, limits }: ProvenLogin, context: RequestContext): Promise<void> {
    const detail = { method, reason: emailUnverified.code };
    await this.audit.record(this.dataSource.manager, context, { type: 'login.failed', subjectId: account.id, detail });
    loginResults.inc({ result: 'failed' });
    if (limits) {
      await this.rateLimits.refundAll(this.dataSource, limits);
    }
  }

  /** A client without cookies is new at each login: the owner gets one notice a day of what looks like the same device. */
  private async notify(manager: EntityManager, accountId: string, context: RequestContext): Promise<void> {
    const account = await this.accounts.findDetails(manager, accountId);
    if (!account || (await this.isFirstLogin(manager, account))) {
      return;
    }
    await this.notices.sendTo(manager, account, 'new_device', context, newDeviceFacts(context));
  }

  /** The audit trail forgets: that it names no login proves nothing about an account which is older than its shortest memory. */
  private async isFirstLogin(
    manager: EntityManager,
    { id, createdAt }: Pick<AccountDetails, 'id' | 'createdAt'>,
  ): Promise<boolean> {
    const isYoung = Date.now() - createdAt.getTime() < shortestRetentionDays * dayMs;
    return isYoung && !(await this.audit.hasEvent(manager, id, 'login.succeeded'));
  }

  /** Whether the owner gets a notice of the login, unless it is the first one of the account. */
  private mayNotify({ device }: FirstFactor): boolean {
    return device === undefined && this.mails.enabled;
  }

  private factorOf({ account, method, amr, passwordSince, cookies }: ProvenLogin): FirstFactor {
    const { securityEpoch } = account;
    return { method, amr, passwordSince, securityEpoch, device: this.devices.recognise(cookies, account) };
  }
}

const needsSecondFactor = ({ account, amr }: ProvenLogin) => account.secondFactor && !amr.includes('mfa');
