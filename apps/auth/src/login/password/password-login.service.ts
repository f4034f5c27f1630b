import { ProblemException, queryRow, queryRows, sql, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountPasswordsService, AccountsRepository, type StoredAccount } from '../../accounts/index.ts';
import {
  consuming,
  emailKey,
  ipKey,
  RateLimitsService,
  tooManyAttempts,
  type LoginLimits,
} from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService } from '../../email/outbox/index.ts';
import { localeOf } from '../../email/templates/index.ts';
import { MfaService, mfaTokenInvalid, type Factor, type MfaAnswer, type MfaChallenge } from '../mfa/index.ts';
import { hashQueueFull, PasswordsService } from '../../passwords/index.ts';
import { deviceName, SessionsService, type Tokens } from '../../sessions/index.ts';
import { DeviceCookie } from '../device-cookie/index.ts';
import { LoginMetrics } from './login.metrics.ts';
import { credentialsInvalid } from './password-login.problems.ts';
import type { Credentials } from './password-login.schema.ts';

/** How somebody has shown who they are. */
export type LoginMethod = 'magic_link' | 'passkey' | 'password' | 'social';

/** What a login gives. */
export interface LoginResult {
  answer: Tokens | MfaChallenge;
  /** A `set-cookie` header that makes the device known; none before the login is complete. */
  deviceCookie?: string;
}

/** Somebody who has shown who they are. */
interface ProvenLogin {
  account: StoredAccount;
  method: LoginMethod;
  /** What that was, in the words of RFC 8176; with `mfa` no second factor is asked for. */
  amr: string[];
  /** Since when the account has the password that was given, as PostgreSQL writes it; only where one was. */
  passwordSince?: string;
  /** The request's `cookie` header, which may tell a known device. */
  cookies: string | undefined;
  /** Where the login was counted. */
  limits?: LoginLimits;
}

/** An account that somebody wants to log in to by its password. */
interface ClaimedAccount extends StoredAccount {
  passwordSince: string;
}

/** Logs people in by e-mail address and password, and ends every other way to log in. */
@Injectable()
export class LoginService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly accounts: AccountsRepository,
    private readonly accountPasswords: AccountPasswordsService,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly mfa: MfaService,
    private readonly devices: DeviceCookie,
    private readonly mails: MailService,
    private readonly metrics: LoginMetrics,
  ) {}

  /**
   * Starts a session, or asks for a second factor. An unknown address costs the same work and gets the same answer as a wrong password.
   * @param cookies the request's `cookie` header, which may tell a known device
   * @throws ProblemException `credentials_invalid`, `too_many_attempts`, `hash_queue_full`
   */
  async login(
    { email, password }: Credentials,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<LoginResult> {
    const device = this.devices.recognise(cookies, email);
    const limits = this.limitsFor(email, device, context.address);
    const account = await this.claim(email, limits);
    if (!(await this.verify(account, { email, password }, limits)) || !account) {
      await this.audit.record(this.dataSource.manager, context, {
        type: 'login.failed',
        subjectId: account?.id ?? null,
      });
      this.metrics.logins.inc({ result: 'failed' });
      throw credentialsInvalid.exception();
    }
    const { passwordSince } = account;
    const login: ProvenLogin = { account, method: 'password', amr: ['pwd'], passwordSince, cookies, limits };
    // a session alone starts by one statement
    const isAlone = !account.secondFactor && !this.mayBeNews(device);
    return isAlone
      ? this.complete(this.dataSource.manager, login, context)
      : this.dataSource.transaction((manager) => this.complete(manager, login, context));
  }

  /**
   * What follows for somebody who has shown who they are: a session, or the demand for a second factor where the account has
   * one. In the caller's transaction, which only a session of which no mail is sent can do without. All ways to log in end here.
   */
  async complete(
    manager: EntityManager,
    { account, method, amr, passwordSince, cookies, limits }: ProvenLogin,
    context: RequestContext,
  ): Promise<LoginResult> {
    const factor = { method, amr, passwordSince, device: this.devices.recognise(cookies, account.email) };
    if (!account.secondFactor || amr.includes('mfa')) {
      return this.start(manager, account, factor, context, limits);
    }
    const challenge = await this.mfa.challenge(manager, account.id, factor);
    const ids = { actorId: account.id, subjectId: account.id };
    await this.audit.record(manager, context, { type: 'login.mfa_required', ...ids, detail: { method } });
    if (limits) {
      await this.rateLimits.succeed(manager, limits);
    }
    this.metrics.logins.inc({ result: 'mfa_required' });
    return { answer: challenge };
  }

  /**
   * Completes a login that a second factor was asked for.
   * @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `too_many_attempts`
   */
  async completeByMfa(answer: MfaAnswer, context: RequestContext): Promise<LoginResult> {
    return this.mfa.answer(answer, context, async (manager, accountId, factor) => {
      const account = await this.accounts.findById(manager, accountId);
      if (!account) {
        throw mfaTokenInvalid.exception();
      }
      return this.start(manager, account, factor, context);
    });
  }

  /** Starts a session; the owner is told of a device that was not known before. */
  private async start(
    manager: EntityManager,
    account: StoredAccount,
    { method, amr, passwordSince, device }: Factor,
    context: RequestContext,
    limits?: LoginLimits,
  ): Promise<LoginResult> {
    if (this.mayBeNews(device) && (await this.hasLoggedInBefore(manager, account.id))) {
      await this.mails.send(manager, {
        to: account.email,
        template: 'new_device',
        locale: localeOf(context.acceptLanguage),
        variables: {
          email: account.email,
          device: deviceName(context.userAgent),
          address: context.address,
          time: new Date().toUTCString(),
        },
      });
    }
    const tokens = await this.sessions.start(manager, { account, method, amr, passwordSince, limits }, context);
    this.metrics.logins.inc({ result: 'succeeded' });
    return { answer: tokens, deviceCookie: this.devices.issue(account.email, device) };
  }

  /** Whether the owner might have to be told of a login. */
  private mayBeNews(device: string | undefined): boolean {
    return device === undefined && this.mails.enabled;
  }

  private async hasLoggedInBefore(manager: EntityManager, accountId: string): Promise<boolean> {
    const [row] = await queryRows<{ before: boolean }>(
      manager,
      `SELECT EXISTS (SELECT FROM audit_event WHERE subject_id = $1 AND type = 'login.succeeded') AS before`,
      [accountId],
    );
    return row?.before === true;
  }

  private limitsFor(email: string, device: string | undefined, address: string): LoginLimits {
    const burst = this.config.LOGIN_ACCOUNT_BURST;
    if (device !== undefined) {
      return { account: { key: `login:device:${device}`, burst } };
    }
    return {
      account: { key: `login:account:${emailKey(email)}`, burst },
      ip: { key: `login:address:${ipKey(address)}`, burst: this.config.LOGIN_ADDRESS_BURST },
    };
  }

  /**
   * Counts the attempt and loads the account, by one statement: without regard to case, which `account_email_key` serves; a
   * disabled account as one without a password. Rejects first if the hash queue is full, so that overload stays cheap.
   */
  private async claim(email: string, { account, ip }: LoginLimits): Promise<ClaimedAccount | undefined> {
    const limits = ip ? consuming(ip, account) : consuming(account);
    try {
      return await this.passwords.holdPlace(async () => {
        const row = await queryRow<ClaimedAccount & { blocked: string | null }>(
          this.dataSource,
          sql`/* login.claim */
            WITH ${limits}
            SELECT blocked, id, email, CASE WHEN disabled_at IS NULL THEN password_hash END AS "passwordHash", roles,
              second_factor AS "secondFactor", password_changed_at::text AS "passwordSince"
            FROM consumed LEFT JOIN account ON blocked IS NULL AND lower(email) = lower(${email})`,
        );
        await this.rateLimits.assertNotBlocked(row?.blocked);
        // without an account all its columns are null
        return row?.id ? row : undefined;
      });
    } catch (error) {
      if (error instanceof ProblemException && error.problem === tooManyAttempts) {
        this.metrics.logins.inc({ result: 'throttled' });
      } else if (error instanceof ProblemException && error.problem === hashQueueFull) {
        this.metrics.logins.inc({ result: 'unavailable' });
      }
      throw error;
    }
  }

  /** Whether the password is right; if so, an outdated hash is replaced. */
  private async verify(
    account: StoredAccount | undefined,
    { email, password }: Credentials,
    limits: LoginLimits,
  ): Promise<boolean> {
    try {
      const matches = await this.passwords.verify(account?.passwordHash, password, email);
      if (matches && account?.passwordHash && this.passwords.isOutdated(account.passwordHash)) {
        await this.accountPasswords.rehash(account, password);
        this.metrics.hashUpgrades.inc({ from: this.passwords.schemeOf(account.passwordHash) });
      }
      return matches;
    } catch (error) {
      // not the caller's failure, so it is not counted as one
      this.metrics.logins.inc({ result: 'unavailable' });
      await this.rateLimits.refund(this.dataSource, limits.account);
      if (limits.ip) {
        await this.rateLimits.refund(this.dataSource, limits.ip);
      }
      throw error;
    }
  }
}

/** Puts the cookie on the reply, and gives the body. */
export function replyWithLogin(reply: FastifyReply, { answer, deviceCookie }: LoginResult): LoginResult['answer'] {
  if (deviceCookie !== undefined) {
    reply.header('set-cookie', deviceCookie);
  }
  return answer;
}
