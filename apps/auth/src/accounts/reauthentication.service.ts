import { problems, type Principal } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { PasswordsService } from '../passwords/index.ts';
import { RateLimitsService, reauthenticationKey } from '../rate-limits/index.ts';
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
}
