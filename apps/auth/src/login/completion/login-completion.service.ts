import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, NoticesService, type StoredAccount } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { statedLocale } from '../../email/templates/index.ts';
import { ipKey, RateLimitsService, type LoginLimits } from '../../rate-limits/index.ts';
import { deviceName, SessionsService, type Tokens } from '../../sessions/index.ts';
import { DeviceCookie } from '../../sessions/device-cookie/index.ts';
import {
  MfaChallengesService,
  mfaTokenInvalid,
  type FirstFactor,
  type MfaAnswer,
  type MfaChallenge,
} from '../mfa/index.ts';
import { loginResults } from './login.metrics.ts';

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
   * @throws ProblemException `sign_in_refused`
   */
  complete(manager: EntityManager, login: ProvenLogin, context: RequestContext): Promise<LoginResult> {
    return this.completeWith(manager, login, this.factorOf(login), context);
  }

  /**
   * Does what {@link complete} does, for a caller without a transaction. It opens one only if the login takes more than the one
   * statement that starts a session.
   * @throws ProblemException `sign_in_refused`
   */
  async completeAlone(login: ProvenLogin, context: RequestContext): Promise<LoginResult> {
    const factor = this.factorOf(login);
    const isOneStatement = !needsSecondFactor(login) && !this.mayNotify(factor);
    return isOneStatement
      ? this.completeWith(this.dataSource.manager, login, factor, context)
      : this.dataSource.transaction((manager) => this.completeWith(manager, login, factor, context));
  }

  /**
   * Completes a login that a second factor was asked for.
   * @throws ProblemException `mfa_token_invalid`, `mfa_code_invalid`, `sign_in_refused`, `too_many_attempts`
   */
  async completeByMfa(answer: MfaAnswer, context: RequestContext): Promise<LoginResult> {
    return this.challenges.answer(answer, context, async (manager, accountId, factor) => {
      const account = await this.accounts.findById(manager, accountId);
      if (!account) {
        throw mfaTokenInvalid.exception();
      }
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
    if (this.mayNotify(factor) && (await this.audit.hasEvent(manager, account.id, 'login.succeeded'))) {
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

  /** A client without cookies is new at each login: the owner gets one notice a day of what looks like the same device. */
  private async notify(manager: EntityManager, accountId: string, context: RequestContext): Promise<void> {
    const device = deviceName(context.userAgent);
    await this.notices.send(manager, accountId, 'new_device', context, {
      variables: { device, address: context.address },
      oncePerDay: `${device} ${ipKey(context.address)}`,
    });
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
