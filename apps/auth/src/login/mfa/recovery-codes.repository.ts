import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** The table `recovery_code`: hashes of the codes that are not yet used. */
@Injectable()
export class RecoveryCodesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param hashes SHA-256 of the codes */
  async insert(on: Queryable, accountId: string, hashes: Buffer[]): Promise<void> {
    await queryRow(
      on,
      sql`/* recovery-codes.insert */
        INSERT INTO recovery_code (account_id, hash) SELECT ${accountId}, unnest(${hashes}::bytea[])`,
    );
  }

  /** Uses a code in one atomic statement, and returns whether there was one: of concurrent uses one succeeds. */
  async use(on: Queryable, accountId: string, hash: Buffer): Promise<boolean> {
    const statement = sql`/* recovery-codes.use */
      DELETE FROM recovery_code WHERE account_id = ${accountId} AND hash = ${hash}`;
    return (await execute(on, statement)) > 0;
  }

  async count(on: Queryable, accountId: string): Promise<number> {
    const row = await queryRow<{ count: number }>(
      on,
      sql`/* recovery-codes.count */ SELECT count(*)::int AS count FROM recovery_code WHERE account_id = ${accountId}`,
    );
    return row?.count ?? 0;
  }

  async removeAll(on: Queryable, accountId: string): Promise<void> {
    await execute(on, sql`/* recovery-codes.remove-all */ DELETE FROM recovery_code WHERE account_id = ${accountId}`);
  }

  /** What the table says about the owner of an account. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* recovery-codes.personal-data */
        SELECT json_build_object('left', count(*)) AS row FROM recovery_code WHERE account_id = ${accountId}`,
    );
    return rows.map(({ row }) => row);
  }
}
