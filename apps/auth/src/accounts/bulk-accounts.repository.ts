import { queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Role } from './account.entity.ts';
import { profileList } from './account.ts';
import type { ProfileChange } from './profile.schema.ts';

/** An account with its password's hash, as imports and exports carry it; times as PostgreSQL reads and writes them. */
export interface AccountRow extends ProfileChange {
  id: string;
  email: string;
  email_verified_at?: string | null | undefined;
  password_hash: string | null;
  roles: Role[];
  /** Default: now. */
  created_at?: string | undefined;
  /** Default: `created_at`. */
  password_changed_at?: string | undefined;
  disabled_at?: string | null | undefined;
}

/** The table `account`: many accounts at a time. */
@Injectable()
export class BulkAccountsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Inserts accounts, except those whose id or e-mail address an account has already.
   * @returns the ids of those inserted
   */
  async insertAll(on: Queryable, accounts: AccountRow[]): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      on,
      sql`/* accounts.insert-all */
        INSERT INTO account (
          id, email, email_verified_at, password_hash, roles, disabled_at, ${profileList}, created_at, password_changed_at)
        SELECT id, email, email_verified_at, password_hash, roles, disabled_at, ${profileList}, coalesce(created_at, now()),
               coalesce(password_changed_at, created_at, now())
        FROM json_populate_recordset(NULL::account, ${JSON.stringify(accounts)}::json)
        ON CONFLICT DO NOTHING RETURNING id`,
    );
    return rows.map(({ id }) => id);
  }

  /** @returns those of the ids that an account has */
  async existing(on: Queryable, ids: string[]): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      on,
      sql`/* accounts.existing */ SELECT id FROM account WHERE id = ANY (${ids}::uuid[])`,
    );
    return rows.map(({ id }) => id);
  }

  /** A page of all accounts in the order of their ids; written as JSON, each is an {@link AccountRow}. */
  page(after: string, limit: number): Promise<{ id: string }[]> {
    return queryRows<{ id: string }>(
      this.dataSource,
      sql`/* accounts.page */
        SELECT id, email, email_verified_at, password_hash, roles, created_at, password_changed_at, disabled_at, ${profileList}
        FROM account WHERE id > ${after}::uuid ORDER BY id LIMIT ${limit}`,
    );
  }
}
