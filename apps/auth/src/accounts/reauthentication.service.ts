import { problems, recentLoginProblems, type Principal } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { hashQueueFull, PasswordsService } from '../passwords/index.ts';
import {
  knownDevicesFactor,
  RateLimitsService,
  reauthenticationKeys,
  tooManyAttempts,
  type LoginLimits,
} from '../rate-limits/index.ts';
import { SessionsService } from '../sessions/index.ts';
import type { StoredAccount } from './account.ts';
import { passwordIncorrect } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** What callers may get whose account's password is verified, or whose recent login counts. */
export const reauthenticationProblems = [passwordIncorrect, ...recentLoginProblems, tooManyAttempts, hashQueueFull];

/** Who gives the password again: a session, or without one the owner of a link. */
interface Caller {
  accountId: string;
  sessionId?: string;
}

/** Requires that a caller proves again to own the account, before a sensitive change. */
@Injectable()
export class ReauthenticationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'LOGIN_ACCOUNT_BURST'>,
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly rateLimits: RateLimitsService,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Verifies the password if the caller gives it. Only an account without a password does without: there the recent login counts
   * that the route requires by `@RequireRecentLogin({ ifBody: lacks(…) })`.
   * @throws ProblemException `reauthentication_required` if the account has a password and the caller gives none, and the
   *   problems of {@link byPassword}
   */
  async prove(principal: Principal, password: string | undefined): Promise<StoredAccount> {
    if (password !== undefined) {
      return this.byPassword(principal, password);
    }
    const account = await this.find(principal.accountId);
    if (account.passwordHash !== null) {
      throw problems.reauthenticationRequired.exception();
    }
    return account;
  }

  /**
   * Verifies the password of the caller's account. Attempts are limited by session, so that a stolen one does not block the
   * owner's, and for all sessions together, so that many do not allow guessing.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`, `hash_queue_full`, `token_invalid`
   */
  async byPassword(caller: Caller, password: string): Promise<StoredAccount> {
    const limits = this.limitsFor(caller);
    await this.rateLimits.consumeAll(limits);
    const account = await this.find(caller.accountId);
    if (!(await this.verify(account, password, limits))) {
      throw passwordIncorrect.exception();
    }
    await this.rateLimits.succeed(this.dataSource.manager, limits);
    return account;
  }

  /**
   * Locks the account in the caller's transaction, and requires that neither the session nor the proof has ended since
   * {@link prove}.
   * @param account as {@link prove} returned it
   * @throws ProblemException `token_invalid`, `password_incorrect`, `reauthentication_required`
   */
  async assertCurrent(
    manager: EntityManager,
    principal: Principal,
    { id, passwordHash, securityEpoch }: Pick<StoredAccount, 'id' | 'passwordHash' | 'securityEpoch'>,
  ): Promise<void> {
    const current = await this.accounts.lock(manager, id);
    await this.sessions.assertActive(manager, principal);
    if (current?.securityEpoch !== securityEpoch) {
      throw (passwordHash === null ? problems.reauthenticationRequired : passwordIncorrect).exception();
    }
  }

  private async find(accountId: string): Promise<StoredAccount> {
    const account = await this.accounts.findById(this.dataSource, accountId);
    if (!account) {
      throw problems.tokenInvalid.exception();
    }
    return account;
  }

  private async verify({ passwordHash }: StoredAccount, password: string, limits: LoginLimits): Promise<boolean> {
    try {
      return await this.passwords.verify(passwordHash, password);
    } catch (error) {
      // the service failed, not the caller: the attempt does not count
      await this.rateLimits.refundAll(this.dataSource, limits);
      throw error;
    }
  }

  private limitsFor({ accountId, sessionId }: Caller): LoginLimits {
    const { session, links, account } = reauthenticationKeys;
    const burst = this.config.LOGIN_ACCOUNT_BURST;
    return {
      account: { key: sessionId === undefined ? links(accountId) : session(sessionId, accountId), burst },
      knownDevices: { key: account(accountId), burst: burst * knownDevicesFactor },
    };
  }
}
