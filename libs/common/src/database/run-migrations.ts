import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, MigrationExecutor } from 'typeorm';
import { isLockTimeout } from './database-errors.ts';
import { connectRetryMs, dataSourceOptions, type DatabaseConfig, type DatabaseSchema } from './database.module.ts';

/** Arbitrary key of the advisory lock that serialises migrations of a database. */
const migrationLock = 7_305_641;
/** How long each wait may last. */
const maxWaitMs = 240_000;
const migrationTimeoutMs = 10 * 60_000;
/**
 * Whatever comes after a statement that waits for a table waits behind it: less than a request waits. More than PostgreSQL's
 * `deadlock_timeout` of a second, after which a vacuum of the table makes way.
 */
const lockTimeoutMs = 1500;
const lockRetryMs = 1000;

/**
 * Applies pending migrations. Concurrent runs wait for each other. Waits for an unavailable database for up to four minutes, and for
 * locks for as long, not in one go, so that requests pass in between. Indexes that are built concurrently wait for older transactions for
 * ten minutes.
 * @returns names of the applied migrations
 */
export async function runMigrations(config: DatabaseConfig, schema: DatabaseSchema): Promise<string[]> {
  const migrationConfig = {
    ...config,
    // the lock below belongs to a connection, not to a transaction
    DATABASE_PORT: undefined,
    DATABASE_STATEMENT_TIMEOUT_MS: migrationTimeoutMs,
    DATABASE_LOCK_TIMEOUT_MS: lockTimeoutMs,
  };
  const dataSource = await connect(migrationConfig, schema, Date.now() + maxWaitMs);
  try {
    const lock = dataSource.createQueryRunner();
    try {
      await patiently(() => lock.query('SELECT pg_advisory_lock($1)', [migrationLock]));
      const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
      await patiently(() => dataSource.runMigrations());
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
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += lockTimeoutMs + lockRetryMs) {
    try {
      await work();
      return;
    } catch (error) {
      // the time of migrations that were applied in between does not count
      if (!isLockTimeout(error) || waitedMs > maxWaitMs) {
        throw error;
      }
      if (waitedMs === 0) {
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
