import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, MigrationExecutor, QueryFailedError } from 'typeorm';
import { connectRetryMs, dataSourceOptions, type DatabaseConfig, type DatabaseSchema } from './database.module.ts';

/** Arbitrary key of the advisory lock that serialises migrations of a database. */
const migrationLock = 7_305_641;
/** Less than a Job's `activeDeadlineSeconds`: after a failed pod, Kubernetes waits before it starts another. */
const maxWaitMs = 240_000;
const migrationTimeoutMs = 10 * 60_000;
/** Whatever comes after a statement that waits for a table waits behind it: less than a request waits. */
const lockTimeoutMs = 500;
const lockRetryMs = 1000;

/**
 * Applies pending migrations. Concurrent runs wait for each other. Waits for an unavailable database for up to four minutes, and for
 * locks for as long: not in one go, so that requests pass in between.
 * @returns names of the applied migrations
 */
export async function runMigrations(config: DatabaseConfig, schema: DatabaseSchema): Promise<string[]> {
  const migrationConfig = {
    ...config,
    DATABASE_STATEMENT_TIMEOUT_MS: migrationTimeoutMs,
    DATABASE_LOCK_TIMEOUT_MS: lockTimeoutMs,
  };
  const deadline = Date.now() + maxWaitMs;
  const dataSource = await connect(migrationConfig, schema, deadline);
  try {
    const lock = dataSource.createQueryRunner();
    try {
      await patiently(deadline, () => lock.query('SELECT pg_advisory_lock($1)', [migrationLock]));
      const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
      await patiently(deadline, () => dataSource.runMigrations());
      await lock.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
      return pending.map(({ name }) => name);
    } finally {
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

/** Repeats what could not get a lock in time. */
async function patiently(deadline: number, work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code } = (error instanceof QueryFailedError ? error.driverError : {}) as { code?: string };
      if (code !== '55P03' || Date.now() > deadline) {
        throw error;
      }
      if (attempt === 1) {
        process.stderr.write(`Waiting for a lock: ${String(error)}\n`);
      }
      await sleep(lockRetryMs);
    }
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
