import type { Pool } from 'pg';
import { DataSource, QueryFailedError, type QueryRunner } from 'typeorm';

/** Returns the data source's connection pool, which TypeORM's types hide. */
export const poolOf = ({ driver }: DataSource): Pool => (driver as unknown as { master: Pool }).master;

/**
 * Runs statements outside transactions directly on a pooled connection. Results and errors are the same as TypeORM's. Skipping
 * the query runner saves about 10 % of a short request's time.
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
