import { columnsOf, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { ProviderIdentity } from '../index.ts';
import { ExternalIdentity } from './external-identity.entity.ts';

/** An identity to link. */
export interface NewIdentity extends ProviderIdentity {
  provider: string;
  email: string | undefined;
}

const columns = columnsOf(ExternalIdentity);

/** The table `external_identity`. The login room's repository has the statements that also read `account`. */
@Injectable()
export class IdentitiesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The identities of an account, the oldest first. */
  list(accountId: string): Promise<ExternalIdentity[]> {
    return queryRows(
      this.dataSource,
      sql`/* identities.list */
        SELECT ${columns} FROM external_identity WHERE account_id = ${accountId} ORDER BY created_at, id`,
    );
  }

  find(issuer: string, subject: string): Promise<ExternalIdentity | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* identities.find */
        SELECT ${columns} FROM external_identity WHERE issuer = ${issuer} AND subject = ${subject}`,
    );
  }

  /** Whether an account has an identity with this id. */
  async exists(on: Queryable, accountId: string, id: string): Promise<boolean> {
    const statement = sql`/* identities.exists */
      SELECT id FROM external_identity WHERE id = ${id} AND account_id = ${accountId}`;
    return (await queryRow(on, statement)) !== undefined;
  }

  /** @returns false if the identity already belongs to an account */
  async insert(on: Queryable, accountId: string, identity: NewIdentity): Promise<boolean> {
    const { provider, issuer, subject, email } = identity;
    const row = await queryRow(
      on,
      sql`/* identities.insert */ INSERT INTO external_identity (id, account_id, provider, issuer, subject, email)
        VALUES (${uuidv7()}, ${accountId}, ${provider}, ${issuer}, ${subject}, ${email})
        ON CONFLICT (issuer, subject) DO NOTHING RETURNING id`,
    );
    return row !== undefined;
  }

  /** Deletes an identity of an account, and returns it; undefined if the account has no such identity. */
  async remove(on: Queryable, accountId: string, id: string): Promise<ProviderIdentity | undefined> {
    return queryRow(
      on,
      sql`/* identities.remove */
        DELETE FROM external_identity WHERE id = ${id} AND account_id = ${accountId} RETURNING issuer, subject`,
    );
  }

  /** Deletes the identities of an account, and returns them. */
  async removeAll(on: Queryable, accountId: string): Promise<ProviderIdentity[]> {
    return queryRows(
      on,
      sql`/* identities.remove-all */
        DELETE FROM external_identity WHERE account_id = ${accountId} RETURNING issuer, subject`,
    );
  }

  /** What the identities of an account say about its owner. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* identities.personal-data */
        SELECT json_build_object('id', id, 'provider', provider, 'issuer', issuer, 'subject', subject, 'email', email,
          'created_at', created_at, 'last_used_at', last_used_at) AS row
        FROM external_identity WHERE account_id = ${accountId} ORDER BY created_at`,
    );
    return rows.map(({ row }) => row);
  }
}
