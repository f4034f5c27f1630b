import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../../tools/embedded-postgres.ts';
import { loadAuthConfig } from '../../src/config.ts';
import { migrate } from '../../src/database/index.ts';

let directory: string | undefined;

// there is no teardown after Ctrl-C; PostgreSQL, which ends with this process, may still write
process.once('exit', () => {
  if (directory !== undefined) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}

/** One real PostgreSQL for all tests, with a migrated database that each test file copies. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const created = await mkdtemp(join(tmpdir(), 'auth-test-'));
  directory = created;
  // nothing of a test's data has to survive a crash of the machine
  const postgres = await startPostgres(created, { fsync: 'off', max_connections: '300' });
  await postgres.createDatabase('template');
  await migrate(
    loadAuthConfig({
      NODE_ENV: 'test',
      DATABASE_URL: postgres.url('template'),
      KEY_ENCRYPTION_KEYS: Buffer.alloc(32).toString('base64'),
    }),
  );
  process.env['TEST_DATABASE_SERVER'] = postgres.url('');
  return async () => {
    await postgres.stop();
    await rm(created, { recursive: true, force: true });
  };
}
