import { problems, type Principal } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { PasswordsService } from '../passwords/index.ts';
import { RateLimitsService, reauthenticationKey } from '../rate-limits/index.ts';
import { SessionsService } from '../sessions/index.ts';
import type { StoredAccount } from './account.ts';
import { passwordIncorrect } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** Asks a caller who is logged in for the password again, before a sensitive change. */
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
   * Verifies the password of the caller's account. Attempts are limited: a stolen access token does not allow guessing.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`, `hash_queue_full`, `token_invalid`
   */
  async byPassword({ accountId }: Pick<Principal, 'accountId'>, password: string): Promise<StoredAccount> {
    const limit = { key: reauthenticationKey(accountId), burst: this.config.LOGIN_ACCOUNT_BURST };
    await this.rateLimits.consume(limit);
    const account = await this.accounts.findById(this.dataSource, accountId);
    if (!account) {
      throw problems.tokenInvalid.exception();
    }
    if (!(await this.passwords.verify(account.passwordHash, password))) {
      throw passwordIncorrect.exception();
    }
    await this.rateLimits.reset(this.dataSource, limit);
    return account;
  }

  /**
   * Locks the account in the caller's transaction, and requires that neither the session nor the proof of the password has
   * ended since {@link byPassword}.
   * @param account as {@link byPassword} returned it
   * @throws ProblemException `token_invalid`, `password_incorrect`
   */
  async assertCurrent(
    manager: EntityManager,
    principal: Principal,
    { id, securityEpoch }: Pick<StoredAccount, 'id' | 'securityEpoch'>,
  ): Promise<void> {
    const current = await this.accounts.lock(manager, id);
    await this.sessions.assertActive(manager, principal);
    if (current?.securityEpoch !== securityEpoch) {
      throw passwordIncorrect.exception();
    }
  }
}
