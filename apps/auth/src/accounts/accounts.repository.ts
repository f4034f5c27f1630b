import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Locale } from '../email/templates/index.ts';
import {
  detailColumns,
  lockedColumns,
  storedColumns,
  type AccountDetails,
  type LockedAccount,
  type StoredAccount,
} from './account.ts';

/** An account to store; its e-mail address is not verified. */
export type NewAccount = Pick<StoredAccount, 'email' | 'passwordHash' | 'roles' | 'locale'>;

/** The table `account`: what registrations, logins and owners of accounts read and write. */
@Injectable()
export class AccountsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async findById(on: Queryable, id: string): Promise<StoredAccount | undefined> {
    return queryRow<StoredAccount>(
      on,
      sql`/* accounts.find-by-id */ SELECT ${storedColumns} FROM account WHERE id = ${id}`,
    );
  }

  async findDetails(on: Queryable, id: string): Promise<AccountDetails | undefined> {
    return queryRow<AccountDetails>(
      on,
      sql`/* accounts.find-details */ SELECT ${detailColumns} FROM account WHERE id = ${id}`,
    );
  }

  /** The hash that a forced reset took away from an account. */
  async findRetiredHash(id: string): Promise<string | null> {
    const row = await queryRow<{ hash: string | null }>(
      this.dataSource,
      sql`/* accounts.find-retired-hash */ SELECT retired_password_hash AS hash FROM account WHERE id = ${id}`,
    );
    return row?.hash ?? null;
  }

  /** Finds without regard to case; the index `account_email_key` serves it. */
  async findByEmail(on: Queryable, email: string): Promise<StoredAccount | undefined> {
    return queryRow<StoredAccount>(
      on,
      sql`/* accounts.find-by-email */ SELECT ${storedColumns} FROM account WHERE lower(email) = lower(${email}::text)`,
    );
  }

  /**
   * Finds an account and locks it until the transaction ends (`FOR NO KEY UPDATE`). Logins to it and other locks wait; rows that
   * refer to it can be inserted meanwhile. A transaction locks the account before anything that belongs to it.
   */
  async lock(manager: EntityManager, id: string): Promise<LockedAccount | undefined> {
    return queryRow<LockedAccount>(
      manager,
      sql`/* accounts.lock */ SELECT ${lockedColumns} FROM account WHERE id = ${id} FOR NO KEY UPDATE`,
    );
  }

  /** Finds and locks the account with an e-mail address, as {@link lock} does. */
  async lockByEmail(manager: EntityManager, email: string): Promise<LockedAccount | undefined> {
    return queryRow<LockedAccount>(
      manager,
      sql`/* accounts.lock-by-email */
        SELECT ${lockedColumns} FROM account WHERE lower(email) = lower(${email}::text) FOR NO KEY UPDATE`,
    );
  }

  /** Raises the security epoch of an account, and locks it as {@link lock} does. */
  async raiseEpoch(manager: EntityManager, id: string): Promise<void> {
    await execute(
      manager,
      sql`/* accounts.raise-epoch */ UPDATE account SET security_epoch = security_epoch + 1 WHERE id = ${id}`,
    );
  }

  async removePassword(manager: EntityManager, id: string): Promise<void> {
    await execute(
      manager,
      sql`/* accounts.remove-password */ UPDATE account SET password_hash = NULL WHERE id = ${id}`,
    );
  }

  /** @throws QueryFailedError of the constraint `account_email_key` if another account has the e-mail address */
  async insert(on: Queryable, { email, passwordHash, roles, locale }: NewAccount): Promise<AccountDetails> {
    const [account] = await queryRows<AccountDetails>(
      on,
      sql`/* accounts.insert */
        INSERT INTO account (id, email, password_hash, roles, locale)
        VALUES (${uuidv7()}, ${email}, ${passwordHash}, ${roles}::text[], ${locale}) RETURNING ${detailColumns}`,
    );
    return account as AccountDetails;
  }

  /**
   * Inserts an account with the role `user`, a verified e-mail address and no password.
   * @returns nothing if another account has the e-mail address
   */
  async insertVerified(on: Queryable, email: string, locale: Locale | null): Promise<StoredAccount | undefined> {
    return queryRow<StoredAccount>(
      on,
      sql`/* accounts.insert-verified */
        INSERT INTO account (id, email, roles, email_verified_at, locale)
        VALUES (${uuidv7()}, ${email}, '{user}', now(), ${locale})
        ON CONFLICT (lower(email)) DO NOTHING RETURNING ${storedColumns}`,
    );
  }

  /** Stores the language of mails to the owner, unless one is stored. */
  async setFirstLocale(on: Queryable, id: string, locale: Locale): Promise<void> {
    await execute(
      on,
      sql`/* accounts.set-first-locale */ UPDATE account SET locale = ${locale} WHERE id = ${id} AND locale IS NULL`,
    );
  }

  async setPassword(on: Queryable, id: string, passwordHash: string): Promise<void> {
    await execute(
      on,
      sql`/* accounts.set-password */
        UPDATE account SET password_hash = ${passwordHash}, retired_password_hash = NULL, password_changed_at = now()
        WHERE id = ${id}`,
    );
  }

  /** Replaces the hash `from` by another one of the same password. */
  async replaceHash(id: string, from: string | null, to: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* accounts.replace-hash */
        UPDATE account SET password_hash = ${to} WHERE id = ${id} AND password_hash = ${from}::text`,
    );
  }

  /**
   * Sets the password of an account that has none.
   * @returns whether the account has no password, and is not disabled
   */
  async setFirstPassword(on: Queryable, id: string, passwordHash: string): Promise<boolean> {
    const changed = await execute(
      on,
      sql`/* accounts.set-first-password */
        UPDATE account SET password_hash = ${passwordHash}, retired_password_hash = NULL, password_changed_at = now()
        WHERE id = ${id} AND password_hash IS NULL AND disabled_at IS NULL`,
    );
    return changed > 0;
  }

  /**
   * Changes the e-mail address `from` to `to`, which is verified.
   * @returns whether the account still had `from`
   * @throws QueryFailedError of the constraint `account_email_key` if another account has `to`
   */
  async changeEmail(on: Queryable, id: string, from: string, to: string): Promise<boolean> {
    const changed = await execute(
      on,
      sql`/* accounts.change-email */
        UPDATE account SET email = ${to}, email_verified_at = now() WHERE id = ${id} AND email = ${from}`,
    );
    return changed > 0;
  }

  /** Marks the e-mail address of an account as verified. */
  async markVerified(on: Queryable, id: string): Promise<void> {
    await execute(
      on,
      sql`/* accounts.mark-verified */
        UPDATE account SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = ${id}`,
    );
  }

  /** What the table stores about an account, without the password's hash. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* accounts.personal-data */
        SELECT json_build_object('id', id, 'email', email, 'email_verified_at', email_verified_at, 'roles', roles,
          'created_at', created_at, 'password_changed_at', password_changed_at, 'disabled_at', disabled_at, 'locale', locale) AS row
        FROM account WHERE id = ${accountId}`,
    );
    return rows.map(({ row }) => row);
  }
}
