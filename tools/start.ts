/**
 * `make start`: runs the service on an embedded PostgreSQL with its data in `.data/` or the given directory, or on `DATABASE_URL`.
 * Ctrl-C stops the service, then the database.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadAuthConfig, loadOrExit, migrate, root, startService, stopOnSignals } from './built.ts';
import { startPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';

const directory = resolve(process.argv[2] ?? join(root, '.data'));

const isEmbedded = !process.env['DATABASE_URL'] && !process.env['DATABASE_URL_FILE'];
if (process.env['NODE_ENV'] === 'production' && isEmbedded) {
  process.stderr.write('The embedded database is only for development. Set DATABASE_URL.\n');
  process.exit(78);
}

const started = performance.now();
await mkdir(directory, { recursive: true });

const settings: NodeJS.ProcessEnv = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  KEY_ENCRYPTION_KEYS: process.env['KEY_ENCRYPTION_KEYS_FILE'] ? undefined : await keyEncryptionKey(),
  ...process.env,
};
// before the database starts, because nothing may keep running if a setting is not valid
let config = loadOrExit(() =>
  loadAuthConfig(isEmbedded ? { ...settings, DATABASE_URL: 'postgresql:///auth' } : settings),
);

let postgres: EmbeddedPostgres | undefined;
try {
  if (isEmbedded) {
    postgres = await startPostgres(directory);
    await postgres.createDatabase('auth');
    settings['DATABASE_URL'] = postgres.url('auth');
    config = { ...config, DATABASE_URL: settings['DATABASE_URL'] };
  }
  await writeEnvironment(settings);
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
async function writeEnvironment(environment: NodeJS.ProcessEnv): Promise<void> {
  const names = ['NODE_ENV', 'DATABASE_URL', 'DATABASE_URL_FILE', 'KEY_ENCRYPTION_KEYS', 'KEY_ENCRYPTION_KEYS_FILE'];
  const lines = names.filter((name) => environment[name]).map((name) => `${name}=${environment[name] ?? ''}\n`);
  await writeFile(join(directory, 'environment'), lines.join(''), { mode: 0o600 });
}

function announce(url: string, metricsUrl: string): void {
  const [bold, plain] = process.stdout.isTTY ? ['\u001b[1m', '\u001b[0m'] : ['', ''];
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`
${bold}auth is ready at ${url}${plain} (in ${seconds} s)
  pages     ${config.APP_URL}
  console   ${new URL('/console/', config.TOKEN_ISSUER).href}
  API docs  ${url}/docs
  metrics   ${metricsUrl}
  database  ${postgres ? `embedded, kept in ${directory}` : 'DATABASE_URL'}
Try:
  curl -s ${url}/auth/register -H 'content-type: application/json' \\
    -d '{"email":"ada@example.com","password":"violet-otter-hums-42-songs"}'
Ctrl-C stops it.

`);
}
