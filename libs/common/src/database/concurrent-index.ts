import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while others write to the table. For a migration without a transaction, which may run again after a failure.
 * @param definition what follows `CREATE INDEX name ON`
 */
export async function createIndexConcurrently(runner: QueryRunner, name: string, definition: string): Promise<void> {
  const [built] = (await runner.query(
    'SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  )) as { isValid: boolean }[];
  if (built?.isValid === false) {
    await dropIndexConcurrently(runner, name);
  }
  await waiting(runner, `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${definition}`);
}

/** Drops an index while others use the table, under the same conditions as {@link createIndexConcurrently}. */
export const dropIndexConcurrently = (runner: QueryRunner, name: string): Promise<void> =>
  waiting(runner, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);

/** These statements wait for older transactions and hold up nobody meanwhile, so that no timeout of locks is needed. */
async function waiting(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('SET lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await runner.query('RESET lock_timeout');
  }
}
