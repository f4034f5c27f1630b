import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Locale } from '../texts/index.ts';
import {
  detailColumns,
  profileColumns,
  profileFields,
  storedColumns,
  type AccountDetails,
  type AccountProfile,
  type OwnAccount,
  type StoredAccount,
} from './account.ts';
import { newRow, type NewAccount } from './new-account.ts';
import type { ProfileChange } from './profile.schema.ts';

const profileOfNext = sql.raw(profileFields.map((column) => `${column} = next.${column}`).join(', '));

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

  /** What tokens say about an account; undefined if it is disabled or gone. */
  async findProfile(on: Queryable, id: string): Promise<AccountProfile | undefined> {
    return queryRow<AccountProfile>(
      on,
      sql`/* accounts.find-profile */ SELECT ${profileColumns} FROM account WHERE id = ${id} AND disabled_at IS NULL`,
    );
  }

  /**
   * Finds an account with the ways to log in to it: `account`, `passkey` and `external_identity` in one statement, because clients ask for
   * it at each start.
   */
  async findOwn(on: Queryable, id: string): Promise<OwnAccount | undefined> {
    return queryRow<OwnAccount>(
      on,
      sql`/* accounts.find-own */ SELECT ${detailColumns}, second_factor AS "secondFactor",
          (SELECT count(*) FROM passkey WHERE account_id = account.id)::int AS passkeys,
          ARRAY(SELECT provider FROM external_identity WHERE account_id = account.id ORDER BY 1) AS providers
        FROM account WHERE id = ${id}`,
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
  async lock(manager: EntityManager, id: string): Promise<StoredAccount | undefined> {
    return queryRow<StoredAccount>(
      manager,
      sql`/* accounts.lock */ SELECT ${storedColumns} FROM account WHERE id = ${id} FOR NO KEY UPDATE`,
    );
  }

  /** Finds and locks the account with an e-mail address, as {@link lock} does. */
  async lockByEmail(manager: EntityManager, email: string): Promise<StoredAccount | undefined> {
    return queryRow<StoredAccount>(
      manager,
      sql`/* accounts.lock-by-email */
        SELECT ${storedColumns} FROM account WHERE lower(email) = lower(${email}::text) FOR NO KEY UPDATE`,
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
  async insert(on: Queryable, account: NewAccount): Promise<AccountDetails> {
    const [inserted] = await queryRows<AccountDetails>(
      on,
      sql`/* accounts.insert */ INSERT INTO account ${newRow(account)} RETURNING ${detailColumns}`,
    );
    return inserted as AccountDetails;
  }

  /**
   * Inserts an account unless another one has the e-mail address, in one statement either way.
   * @returns the account with the e-mail address, and whether it is the new one; nothing if a concurrent transaction has
   *   inserted it
   */
  async insertOrFind(on: Queryable, account: NewAccount): Promise<(AccountDetails & { isNew: boolean }) | undefined> {
    return queryRow(
      on,
      sql`/* accounts.insert-or-find */
        WITH inserted AS (INSERT INTO account ${newRow(account)}
          ON CONFLICT (lower(email)) DO NOTHING RETURNING ${detailColumns})
        SELECT *, true AS "isNew" FROM inserted UNION ALL
        SELECT ${detailColumns}, false FROM account
        WHERE lower(email) = lower(${account.email}::text) AND NOT EXISTS (SELECT FROM inserted)`,
    );
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
      sql`/* accounts.set-first-locale */
        UPDATE account SET locale = ${locale}, profile_changed_at = now() WHERE id = ${id} AND locale IS NULL`,
    );
  }

  /**
   * Removes what the holder of an account has said about its owner; metadata of admins stays. The profile of an account that nobody has
   * been able to log in to is an admin's, and stays too.
   * @param locale the language that the owner states
   */
  async clearProfile(on: Queryable, id: string, locale: Locale | null): Promise<void> {
    await execute(
      on,
      sql`/* accounts.clear-profile */
        UPDATE account SET name = NULL, given_name = NULL, family_name = NULL, picture = NULL, zoneinfo = NULL,
          locale = ${locale}, public_metadata = '{}', profile_changed_at = now()
        WHERE id = ${id} AND (password_hash IS NOT NULL OR retired_password_hash IS NOT NULL OR other_credential)`,
    );
  }

  /**
   * Changes members of the profile, in a transaction that has locked the account.
   * @returns the members that differ from before, by the names of their columns; none if the account does not exist
   */
  async changeProfile(manager: EntityManager, id: string, change: ProfileChange): Promise<string[]> {
    const members = JSON.stringify(change);
    const row = await queryRow<{ changed: string[] }>(
      manager,
      sql`/* accounts.change-profile */
        WITH next AS (
          SELECT profile.*, ARRAY(SELECT member FROM json_object_keys(${members}::json) AS member
            WHERE (row_to_json(profile) -> member)::text <> (row_to_json(account) -> member)::text) AS changed
          FROM account, json_populate_record(account, ${members}::json) AS profile WHERE account.id = ${id})
        UPDATE account SET ${profileOfNext}, profile_changed_at = now()
        FROM next WHERE account.id = next.id AND next.changed <> '{}' RETURNING next.changed`,
    );
    return row?.changed ?? [];
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

  /** Marks the e-mail address of an account, which must exist, as verified. */
  async markVerified(on: Queryable, id: string): Promise<AccountDetails> {
    const account = await queryRow<AccountDetails>(
      on,
      sql`/* accounts.mark-verified */
        UPDATE account SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = ${id} RETURNING ${detailColumns}`,
    );
    return account as AccountDetails;
  }

  /** Whether an account had a verified e-mail address before its present one, which is not. */
  async wasVerified(on: Queryable, id: string): Promise<boolean> {
    const row = await queryRow(
      on,
      sql`/* accounts.was-verified */ SELECT FROM account WHERE id = ${id} AND was_verified`,
    );
    return row !== undefined;
  }

  /** What the table stores about an account, without the password's hash and what only admins see. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* accounts.personal-data */
        SELECT json_build_object('id', id, 'email', email, 'email_verified_at', email_verified_at, 'roles', roles,
          'created_at', created_at, 'password_changed_at', password_changed_at, 'disabled_at', disabled_at, 'locale', locale,
          'name', name, 'given_name', given_name, 'family_name', family_name, 'picture', picture, 'zoneinfo', zoneinfo,
          'public_metadata', public_metadata, 'profile_changed_at', profile_changed_at) AS row
        FROM account WHERE id = ${accountId}`,
    );
    return rows.map(({ row }) => row);
  }
}
