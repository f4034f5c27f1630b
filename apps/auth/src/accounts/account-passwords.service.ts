import { problems, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { AccountAccessService } from './account-access.service.ts';
import type { StoredAccount } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { passwordReused } from './accounts.problems.ts';
import type { PasswordChange } from './accounts.schema.ts';
import { KnownDevicesService } from './known-devices.service.ts';
import { NoticesService } from './notices.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

/** Changes the passwords of accounts. */
@Injectable()
export class AccountPasswordsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly reauthentication: ReauthenticationService,
    private readonly passwords: PasswordsService,
    private readonly access: AccountAccessService,
    private readonly knownDevices: KnownDevicesService,
    private readonly audit: AuditService,
    private readonly notices: NoticesService,
  ) {}

  /**
   * Changes the caller's password, or sets the first one of an account without a password, and ends the account's other sessions
   * and what is pending.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @returns a `set-cookie` header by which a known device stays known
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `password_too_weak`, `password_breached`,
   *   `password_reused`, `too_many_attempts`, `hash_queue_full`, `token_invalid`
   */
  async change(
    principal: Principal,
    { current_password: current, new_password: next }: PasswordChange,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const account = await this.reauthentication.prove(principal, current);
    await this.passwords.assertStrong(next, [account.email]);
    await this.assertNotRetired(account.id, next);
    const passwordHash = await this.passwords.hash(next);
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.access.revoke(manager, account.id, context, { keepSession: principal });
      if (account.passwordHash === null) {
        await this.setFirst(manager, account, passwordHash, context);
      } else {
        await this.set(manager, account, passwordHash, context);
      }
      return this.knownDevices.keep(manager, account, cookies);
    });
  }

  /** Sets a password by its hash in the caller's transaction, and sends the owner a notice. */
  async set(
    manager: EntityManager,
    { id }: Pick<StoredAccount, 'id'>,
    passwordHash: string,
    context: RequestContext,
  ): Promise<void> {
    await this.accounts.setPassword(manager, id, passwordHash);
    await this.announce(manager, id, context);
  }

  /**
   * Requires that a password is not the one that a forced reset took away from an account.
   * @throws ProblemException `password_reused`, `hash_queue_full`
   */
  async assertNotRetired(accountId: string, password: string): Promise<void> {
    const retired = await this.accounts.findRetiredHash(accountId);
    if (retired && (await this.passwords.verify(retired, password))) {
      throw passwordReused.exception();
    }
  }

  /** Does what {@link set} does, unless the account has got a password or been disabled meanwhile. */
  private async setFirst(
    manager: EntityManager,
    { id }: Pick<StoredAccount, 'id'>,
    passwordHash: string,
    context: RequestContext,
  ): Promise<void> {
    if (!(await this.accounts.setFirstPassword(manager, id, passwordHash))) {
      throw problems.reauthenticationRequired.exception();
    }
    await this.announce(manager, id, context);
  }

  private async announce(manager: EntityManager, id: string, context: RequestContext): Promise<void> {
    await this.audit.record(manager, context, { type: 'password.changed', actorId: id, subjectId: id });
    await this.notices.send(manager, id, 'password_changed', context);
  }

  /** Hashes the same password with today's parameters, unless the password has changed meanwhile. */
  async rehash({ id, passwordHash }: StoredAccount, password: string): Promise<void> {
    await this.accounts.replaceHash(id, passwordHash, await this.passwords.hash(password));
  }
}
