import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { DeviceCookie } from '../sessions/device-cookie/index.ts';
import { AccountAccessService } from './account-access.service.ts';
import type { StoredAccount } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';
import type { PasswordChange } from './accounts.schema.ts';
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
    private readonly devices: DeviceCookie,
    private readonly audit: AuditService,
    private readonly notices: NoticesService,
  ) {}

  /**
   * Changes the caller's password, and ends the account's other sessions and what is pending.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @returns a `set-cookie` header by which a known device stays known
   * @throws ProblemException `password_incorrect`, `password_too_weak`, `password_breached`, `too_many_attempts`,
   *   `hash_queue_full`, `token_invalid`
   */
  async change(
    principal: Principal,
    { current_password: current, new_password: next }: PasswordChange,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const account = await this.reauthentication.byPassword(principal, current);
    await this.passwords.assertStrong(next, [account.email]);
    const passwordHash = await this.passwords.hash(next);
    const device = this.devices.recognise(cookies, account);
    return this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.access.revoke(manager, account.id, context, { keepSession: principal.sessionId });
      await this.set(manager, account, passwordHash, context);
      const changed = device === undefined ? undefined : await this.accounts.findById(manager, account.id);
      return changed && this.devices.issue(changed, device);
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
    await this.audit.record(manager, context, { type: 'password.changed', actorId: id, subjectId: id });
    await this.notices.send(manager, id, 'password_changed', context);
  }

  /** Hashes the same password with today's parameters, unless the password has changed meanwhile. */
  async rehash({ id, passwordHash }: StoredAccount, password: string): Promise<void> {
    await this.accounts.replaceHash(id, passwordHash, await this.passwords.hash(password));
  }
}
