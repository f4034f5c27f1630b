import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { connectRetryMs, dataSourceOptions, type DatabaseConfig, type DatabaseSchema } from './database.module.ts';

/** Arbitrary key of the advisory lock that serialises migrations of a database. */
const migrationLock = 7_305_641;
/** Less than a Job's `activeDeadlineSeconds`: after a failed pod, Kubernetes waits before it starts another. */
const maxWaitMs = 240_000;
const migrationTimeoutMs = 10 * 60_000;

/**
 * Applies pending migrations. Concurrent runs wait for each other. Waits for an unavailable database for up to four minutes.
 * @returns names of the applied migrations
 */
export async function runMigrations(config: DatabaseConfig, schema: DatabaseSchema): Promise<string[]> {
  const migrationConfig = {
    ...config,
    DATABASE_STATEMENT_TIMEOUT_MS: migrationTimeoutMs,
    DATABASE_LOCK_TIMEOUT_MS: migrationTimeoutMs,
  };
  const dataSource = await connect(migrationConfig, schema, Date.now() + maxWaitMs);
  try {
    const lock = dataSource.createQueryRunner();
    try {
      await lock.query('SELECT pg_advisory_lock($1)', [migrationLock]);
      const applied = await dataSource.runMigrations();
      await lock.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
      return applied.map(({ name }) => name);
    } finally {
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

async function connect(config: DatabaseConfig, schema: DatabaseSchema, deadline: number): Promise<DataSource> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await new DataSource(dataSourceOptions(config, schema)).initialize();
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      if (attempt === 1) {
        process.stderr.write(`Waiting for the database: ${String(error)}\n`);
      }
      await sleep(connectRetryMs());
    }
  }
}
