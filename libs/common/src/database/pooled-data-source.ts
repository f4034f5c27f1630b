import type { Pool } from 'pg';
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm';

/** A data source's pool; TypeORM's type of the driver does not show it. */
export const poolOf = ({ driver }: DataSource): Pool => (driver as unknown as { master: Pool }).master;

/**
 * A data source that runs a statement outside of transactions on a connection of its pool at once, with TypeORM's answers and
 * errors, but without a query runner, which takes a tenth of a short request.
 */
export class PooledDataSource extends DataSource {
  override async query<Result>(statement: string, parameters?: unknown[], queryRunner?: QueryRunner): Promise<Result> {
    if (queryRunner) {
      return super.query<Result>(statement, parameters, queryRunner);
    }
    const client = await poolOf(this).connect();
    try {
      const { command, rows, rowCount } = await client.query(statement, parameters);
      return (command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows) as Result;
    } catch (error) {
      throw new QueryFailedError(statement, parameters, error as Error);
    } finally {
      client.release();
    }
  }
}
