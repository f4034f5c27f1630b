import { queryRow, queryRows, sql, type Queryable, type Sql } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import type { Role } from './account.entity.ts';
import { detailColumns, profileList, type AccountDetails } from './account.ts';
import { newRow, type NewAccount } from './new-account.ts';

/** A person to invite. */
export type Invitee = Omit<NewAccount, 'passwordHash'>;

const isAdmin = sql.raw("'admin' = ANY (account.roles)");
const isEnabled = sql.raw('account.disabled_at IS NULL');

/** Whether an account has been invited and its owner has not accepted yet: nobody has ever been able to log in to it. */
const isInvited = sql.raw(
  'account.password_hash IS NULL AND account.retired_password_hash IS NULL AND account.email_verified_at IS NULL ' +
    'AND NOT account.was_verified AND account.disabled_at IS NULL AND NOT account.other_credential',
);

/**
 * The table `account`: what admins change. No change removes the last active admin, who is one that can log in. Without an active
 * admin, none removes the last enabled account with the role.
 */
@Injectable()
export class AccountDirectoryRepository {
  /** Whether an account is an admin's, and its owner can log in. */
  private readonly isActiveAdmin: Sql;

  /**
   * Locks all accounts with the role in one order. Of two admins who remove each other's power at the same time, the second waits
   * and then finds no other.
   */
  private readonly lockedAdmins: Sql;

  constructor(@Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'REQUIRE_VERIFIED_EMAIL'>) {
    const canLogIn = sql.raw(
      '(account.password_hash IS NOT NULL OR account.other_credential)' +
        (config.REQUIRE_VERIFIED_EMAIL ? ' AND account.email_verified_at IS NOT NULL' : ''),
    );
    this.isActiveAdmin = sql`${isAdmin} AND ${isEnabled} AND ${canLogIn}`;
    this.lockedAdmins = sql`admin AS (
          SELECT id, ${isEnabled} AS is_enabled, ${this.isActiveAdmin} AS is_active FROM account
          WHERE ${isAdmin} ORDER BY id FOR NO KEY UPDATE)`;
  }

  /**
   * Locks accounts in the order of their ids until the transaction ends. Transactions that lock several accounts lock them all by
   * one call of this or of {@link lockAdmins}, so that they never deadlock.
   */
  lockAll(manager: EntityManager, ids: string[]): Promise<{ roles: Role[] }[]> {
    return queryRows<{ roles: Role[] }>(
      manager,
      sql`/* accounts.lock-all */
        SELECT roles FROM account WHERE id = ANY (${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
    );
  }

  /** Locks all accounts with the role `admin`, and further ones. Comes before a change that may remove the power of one of them. */
  async lockAdmins(manager: EntityManager, ids: string[]): Promise<void> {
    await queryRows(
      manager,
      sql`/* accounts.lock-admins */
        SELECT id FROM account WHERE ${isAdmin} OR id = ANY (${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
    );
  }

  /** Whether there is an active admin, in a transaction that has locked all of them. */
  async hasAdmin(manager: EntityManager): Promise<boolean> {
    const row = await queryRow<{ exists: boolean }>(
      manager,
      sql`/* accounts.has-admin */ SELECT EXISTS (SELECT FROM account WHERE ${this.isActiveAdmin}) AS exists`,
    );
    return row?.exists === true;
  }

  /**
   * Inserts an account without a password, or gives the roles and the profile to one that is invited already: an account that
   * nobody has been able to log in to.
   * @param mayChangeAdmin whether the account that is invited already may be an admin's
   * @returns nothing if another account has the e-mail address
   */
  invite(on: Queryable, invitee: Invitee, mayChangeAdmin: boolean): Promise<AccountDetails | undefined> {
    return queryRow<AccountDetails>(
      on,
      sql`/* accounts.invite */ INSERT INTO account ${newRow({ ...invitee, passwordHash: null })}
        ON CONFLICT (lower(email)) DO UPDATE SET roles = excluded.roles, profile_changed_at = now(),
          (${profileList}) = (SELECT ${profileList} FROM json_populate_record(account, ${JSON.stringify(invitee.profile)}::json))
        WHERE ${isInvited} AND (${mayChangeAdmin}::boolean OR 'admin' <> ALL (account.roles)) RETURNING ${detailColumns}`,
    );
  }

  /** @returns the account's e-mail address; nothing if it does not exist or is the last admin */
  disable(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.disable */
        WITH ${this.lockedAdmins}
        UPDATE account SET disabled_at = coalesce(disabled_at, now())
        WHERE account.id = ${id} AND ${this.isNotLastAdmin(id)} RETURNING account.email`,
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
   * @returns the account's e-mail address; nothing if it does not exist or is the last admin
   */
  delete(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.delete */
        WITH ${this.lockedAdmins}
        DELETE FROM account WHERE account.id = ${id} AND ${this.isNotLastAdmin(id)} RETURNING account.email`,
    );
  }

  /**
   * Removes the password, and keeps its hash so that the same password can't be set again.
   * @returns the account's e-mail address; nothing if it does not exist or is the last admin
   */
  retirePassword(on: Queryable, id: string): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.retire-password */
        WITH ${this.lockedAdmins}
        UPDATE account
        SET password_hash = NULL, retired_password_hash = coalesce(account.password_hash, account.retired_password_hash)
        WHERE account.id = ${id} AND ${this.isNotLastAdmin(id)} RETURNING account.email`,
    );
  }

  /**
   * Sets the roles of an account. A new admin needs a verified e-mail address.
   * @returns the account's e-mail address; nothing if it does not exist, is the last admin and would be none, or would be a
   *   new admin without a verified e-mail address
   */
  setRoles(on: Queryable, id: string, roles: Role[]): Promise<string | undefined> {
    return this.change(
      on,
      sql`/* accounts.set-roles */
        WITH ${this.lockedAdmins}
        UPDATE account SET roles = ${roles}::text[]
        WHERE account.id = ${id} AND CASE WHEN 'admin' = ANY (${roles}::text[])
          THEN 'admin' = ANY (account.roles) OR account.email_verified_at IS NOT NULL ELSE ${this.isNotLastAdmin(id)} END
        RETURNING account.email`,
    );
  }

  /**
   * Changes the e-mail address, and marks it as verified or not; an address that differs in its case alone stays verified.
   * @returns nothing if the account does not exist, or is an admin whose e-mail address would not be verified
   * @throws QueryFailedError of the constraint `account_email_key` if another account has the e-mail address
   */
  changeEmail(on: Queryable, id: string, email: string, isVerified: boolean): Promise<AccountDetails | undefined> {
    const verifiedAt = sql`CASE WHEN lower(email) = lower(${email}::text) AND email_verified_at IS NOT NULL
      THEN email_verified_at WHEN ${isVerified}::boolean THEN now() END`;
    return queryRow<AccountDetails>(
      on,
      sql`/* accounts.change-email-of */
        UPDATE account SET email = ${email}, email_verified_at = ${verifiedAt}
        WHERE id = ${id} AND ('admin' <> ALL (roles) OR (${verifiedAt}) IS NOT NULL) RETURNING ${detailColumns}`,
    );
  }

  private isNotLastAdmin(id: string): Sql {
    return sql`(NOT (${isAdmin}) OR EXISTS (SELECT FROM admin
          WHERE admin.id <> ${id} AND (admin.is_active OR admin.is_enabled AND NOT (${this.isActiveAdmin}))))`;
  }

  private async change(on: Queryable, statement: Sql): Promise<string | undefined> {
    return (await queryRow<{ email: string }>(on, statement))?.email;
  }
}
