/**
 * `make start`: runs the service on an embedded PostgreSQL with its data in `.data/` or the given directory, or on `DATABASE_URL`.
 * Ctrl-C stops the service, then the database.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadAuthConfig, migrate, root, startService, stopOnSignals } from './built.ts';
import { startPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';

const directory = resolve(process.argv[2] ?? join(root, '.data'));

if (process.env['NODE_ENV'] === 'production' && !process.env['DATABASE_URL']) {
  throw new Error('The embedded database is only for development. Set DATABASE_URL.');
}

const started = performance.now();
await mkdir(directory, { recursive: true });

let postgres: EmbeddedPostgres | undefined;
if (!process.env['DATABASE_URL']) {
  postgres = await startPostgres(directory);
  await postgres.createDatabase('auth');
}
const settings = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  DATABASE_URL: postgres?.url('auth'),
  KEY_ENCRYPTION_KEYS: await keyEncryptionKey(),
  ...process.env,
};
const config = loadAuthConfig(settings);
await writeEnvironment(settings);
try {
  await migrate(config);
  const service = await startService(config);
  stopOnSignals(
    {
      async stop() {
        await service.stop();
        await postgres?.stop();
        process.stdout.write('Stopped. The data is kept.\n');
      },
    },
    config,
  );
  announce(service.url, service.metricsUrl);
} catch (error) {
  await postgres?.stop();
  throw error;
}

/** Reads the key, or creates it at the first start. Without it, the stored signing keys can't be decrypted. */
async function keyEncryptionKey(): Promise<string> {
  const path = join(directory, 'key-encryption-key');
  try {
    return await readFile(path, 'utf8');
  } catch {
    const key = randomBytes(32).toString('base64');
    await writeFile(path, key, { mode: 0o600 });
    return key;
  }
}

/** Writes the settings that `npm run cli` needs to work on the same database. */
async function writeEnvironment({ NODE_ENV, DATABASE_URL, KEY_ENCRYPTION_KEYS }: NodeJS.ProcessEnv): Promise<void> {
  const lines = Object.entries({ NODE_ENV, DATABASE_URL, KEY_ENCRYPTION_KEYS }).map(
    ([name, value]) => `${name}=${value ?? ''}\n`,
  );
  await writeFile(join(directory, 'environment'), lines.join(''), { mode: 0o600 });
}

function announce(url: string, metricsUrl: string): void {
  const [bold, plain] = process.stdout.isTTY ? ['\u001b[1m', '\u001b[0m'] : ['', ''];
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`
${bold}auth is ready at ${url}${plain} (in ${seconds} s)
  API docs  ${url}/docs
  metrics   ${metricsUrl}
  database  ${postgres ? `embedded, kept in ${directory}` : 'DATABASE_URL'}
Try:
  curl -s ${url}/auth/register -H 'content-type: application/json' \\
    -d '{"email":"ada@example.com","password":"violet-otter-hums-42-songs"}'
Ctrl-C stops it.

`);
}
