import { queryRow, queryRows, sql, type Queryable, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Role } from './account.entity.ts';
import { detailColumns, type AccountDetails } from './account.ts';

/** Which accounts to list. */
export interface AccountFilter {
  /** In lower case. */
  emailPrefix?: string | undefined;
  role?: Role | undefined;
  disabled?: boolean | undefined;
  /** The e-mail address, in lower case, that the page comes after. */
  after?: string | undefined;
  limit: number;
}

/** The expression of the indexes `account_email_order_idx`, `account_admin_idx` and `account_disabled_idx`. */
const emailOrder = sql.raw('lower(email) COLLATE "C"');
/** Sorts after every character of an e-mail address. */
const lastCharacter = '\x7f';

const hasRole = { user: sql.raw("'user' = ANY (roles)"), admin: sql.raw("'admin' = ANY (roles)") };

const isActiveAdmin = sql.raw(
  "'admin' = ANY (account.roles) AND account.disabled_at IS NULL AND account.password_hash IS NOT NULL",
);

/**
 * Locks all active admins in one order. Of two admins who remove each other's power at the same time, the second waits
 * and then finds no other.
 */
const lockedAdmins = sql`admin AS (SELECT id FROM account WHERE ${isActiveAdmin} ORDER BY id FOR NO KEY UPDATE)`;

const isNotLastAdmin = (id: string) =>
  sql`(NOT (${isActiveAdmin}) OR EXISTS (SELECT FROM admin WHERE admin.id <> ${id}))`;

/** The table `account`: what admins search and change. No change removes the last active admin. */
@Injectable()
export class AccountDirectoryRepository {
  /** One page of accounts, ordered by e-mail address; each search is a range of an index. */
  async search(on: Queryable, { emailPrefix, role, disabled, after, limit }: AccountFilter): Promise<AccountDetails[]> {
    const conditions = [
      ...(emailPrefix === undefined
        ? []
        : [sql`${emailOrder} >= ${emailPrefix}::text`, sql`${emailOrder} < ${emailPrefix + lastCharacter}::text`]),
      ...(after === undefined ? [] : [sql`${emailOrder} > ${after}::text`]),
      ...(role === undefined ? [] : [hasRole[role]]),
      ...(disabled === undefined ? [] : [sql.raw(`disabled_at IS ${disabled ? 'NOT NULL' : 'NULL'}`)]),
    ];
    const where = conditions.length > 0 ? sql`WHERE ${sql.join(conditions, ' AND ')}` : sql.raw('');
    return queryRows<AccountDetails>(
      on,
      sql`/* accounts.search */ SELECT ${detailColumns} FROM account ${where} ORDER BY ${emailOrder} LIMIT ${limit}`,
    );
  }

  /** Locks all active admins. Comes before the lock of one of them, if a change of that one follows. */
  async lockAdmins(manager: EntityManager): Promise<void> {
    await queryRow(manager, sql`/* accounts.lock-admins */ WITH ${lockedAdmins} SELECT count(*) FROM admin`);
  }

  /** @returns the account's e-mail address; nothing if it does not exist or is the last active admin */
  disable(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.disable */
        WITH ${lockedAdmins}
        UPDATE account SET disabled_at = coalesce(disabled_at, now())
        WHERE account.id = ${id} AND ${isNotLastAdmin(id)} RETURNING account.email`,
    );
  }

  /** @returns the account's e-mail address; nothing if it does not exist */
  enable(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.enable */ UPDATE account SET disabled_at = NULL WHERE id = ${id} RETURNING email`,
    );
  }

  /**
   * Deletes an account with all that refers to it.
   * @returns the account's e-mail address; nothing if it does not exist or is the last active admin
   */
  delete(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.delete */
        WITH ${lockedAdmins}
        DELETE FROM account WHERE account.id = ${id} AND ${isNotLastAdmin(id)} RETURNING account.email`,
    );
  }

  /**
   * Removes the password, and keeps its hash so that the same password can't be set again.
   * @returns the account's e-mail address; nothing if it does not exist or is the last active admin
   */
  retirePassword(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.retire-password */
        WITH ${lockedAdmins}
        UPDATE account
        SET password_hash = NULL, retired_password_hash = coalesce(account.password_hash, account.retired_password_hash)
        WHERE account.id = ${id} AND ${isNotLastAdmin(id)} RETURNING account.email`,
    );
  }

  /** @returns the account's e-mail address; nothing if it does not exist or would no longer be the last active admin */
  setRoles(on: Queryable, id: string, roles: Role[]): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.set-roles */
        WITH ${lockedAdmins}
        UPDATE account SET roles = ${roles}::text[]
        WHERE account.id = ${id} AND ('admin' = ANY (${roles}::text[]) OR ${isNotLastAdmin(id)})
        RETURNING account.email`,
    );
  }

  private async change(on: Queryable, statement: Sql): Promise<string | undefined> {
    return (await queryRow<{ email: string }>(on, statement))?.email;
  }
}
