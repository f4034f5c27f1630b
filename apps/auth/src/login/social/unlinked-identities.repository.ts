import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ProviderIdentity } from '../index.ts';

/** The table `unlinked_identity`: identities that only an account's owner may link to it again. */
@Injectable()
export class UnlinkedIdentitiesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async add(on: Queryable, accountId: string, { issuer, subject }: ProviderIdentity): Promise<void> {
    await execute(
      on,
      sql`/* unlinked-identities.add */ INSERT INTO unlinked_identity (account_id, issuer, subject)
        VALUES (${accountId}, ${issuer}, ${subject})
        ON CONFLICT (account_id, issuer, subject) DO UPDATE SET unlinked_at = now()`,
    );
  }

  async has(on: Queryable, accountId: string, { issuer, subject }: ProviderIdentity): Promise<boolean> {
    const row = await queryRow(
      on,
      sql`/* unlinked-identities.has */ SELECT unlinked_at FROM unlinked_identity
        WHERE account_id = ${accountId} AND issuer = ${issuer} AND subject = ${subject}`,
    );
    return row !== undefined;
  }

  async remove(on: Queryable, accountId: string, { issuer, subject }: ProviderIdentity): Promise<void> {
    await execute(
      on,
      sql`/* unlinked-identities.remove */ DELETE FROM unlinked_identity
        WHERE account_id = ${accountId} AND issuer = ${issuer} AND subject = ${subject}`,
    );
  }

  /** What the table says about the owner of an account. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* unlinked-identities.personal-data */
        SELECT json_build_object('issuer', issuer, 'subject', subject, 'unlinked_at', unlinked_at) AS row
        FROM unlinked_identity WHERE account_id = ${accountId} ORDER BY unlinked_at`,
    );
    return rows.map(({ row }) => row);
  }
}
