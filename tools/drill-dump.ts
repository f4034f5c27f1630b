/**
 * `make drill-dump`: dumps a database and restores the dump into an empty database and in place of existing rows. A damaged or
 * truncated file, another passphrase, manifest or schema is rejected.  ROWS: number of accounts.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { digest } from './backup/sealed-file.ts';
import { loadAuthConfig, migrate, root } from './built.ts';
import { startPostgres } from './embedded-postgres.ts';
import { drill } from './lib/drill.ts';

const rows = Number(process.env['ROWS'] ?? 20_000);
const directory = await mkdtemp(join(tmpdir(), 'dump-'));
const postgres = await startPostgres(directory);
const phrase = randomBytes(16).toString('hex');

async function tool(name: string, database: string, args: string[], settings: NodeJS.ProcessEnv = {}) {
  const started = performance.now();
  const env = { ...process.env, DATABASE_URL: postgres.url(database), BACKUP_PASSPHRASE: phrase, ...settings };
  const result = await promisify(execFile)(process.execPath, [join(root, `tools/${name}.ts`), ...args], { env }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return { code: 1, text: stdout + stderr };
    },
  );
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

async function query<Row>(database: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: postgres.url(database) });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}

const content = async (database: string) =>
  JSON.stringify(
    await query(
      database,
      `SELECT (SELECT md5(string_agg(a::text, '' ORDER BY id)) FROM account a) AS accounts,
         (SELECT md5(string_agg(e::text, '' ORDER BY id)) FROM audit_event e) AS events`,
    ),
  );

const migrated = async (database: string) => {
  await postgres.createDatabase(database);
  const keys = randomBytes(32).toString('base64');
  await migrate(
    loadAuthConfig({ DATABASE_URL: postgres.url(database), KEY_ENCRYPTION_KEYS: keys, NODE_ENV: 'development' }),
  );
};

await drill('dump', async ({ after, log, check }) => {
  after(async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });
  await migrated('source');
  await query(
    'source',
    `INSERT INTO account (id, email, password_hash, roles)
     SELECT gen_random_uuid(), 'user-' || n || '@example.com', E'tab\\t, newline\\n and \\\\. ' || n, '{user}' FROM generate_series(1, ${rows}) n`,
  );
  const before = await content('source');
  const folder = join(directory, 'backups');
  const made = await tool('backup', 'source', [`--folder=${folder}`]);
  log(made.text.trim());
  const name = (await readdir(folder)).find((file) => file.endsWith('.age')) ?? '';
  const file = join(folder, name);
  check(
    `${rows} accounts are dumped in ${made.seconds.toFixed(1)} s, ${(await stat(file)).size} bytes`,
    made.code === 0,
  );
  check('the file contains no readable e-mail address', !(await readFile(file)).includes('example.com'));

  await postgres.createDatabase('target');
  const restored = await tool('restore', 'target', [file]);
  log(restored.text.trim());
  check(`the dump is restored into an empty database in ${restored.seconds.toFixed(1)} s`, restored.code === 0);
  check('every row equals the original', (await content('target')) === before);

  const again = await tool('restore', 'target', [file]);
  check('a database that is not empty is rejected', again.code === 1 && again.text.includes('is not empty'));
  await query(
    'target',
    `INSERT INTO account (id, email, roles) VALUES (gen_random_uuid(), 'late@example.com', '{user}')`,
  );
  const late = await content('target');

  const variant = async (title: string, change: (path: string) => Promise<unknown>, why: RegExp, settings = {}) => {
    const path = join(directory, 'variant.dump.age');
    await copyFile(file, path);
    await copyFile(`${file}.json`, `${path}.json`);
    await change(path);
    const { code, text } = await tool('restore', 'target', [path, '--replace=1'], settings);
    check(
      `${title} is rejected, and the database is unchanged`,
      code === 1 && why.test(text) && (await content('target')) === late,
    );
  };
  const rewrite = async (path: string, change: (manifest: Record<string, unknown>) => object) => {
    const manifest = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Record<string, unknown>;
    await writeFile(`${path}.json`, JSON.stringify(change(manifest)));
  };
  const fixChecksum = async (path: string) => {
    const sha256 = await digest(path);
    await rewrite(path, (manifest) => ({ ...manifest, sha256 }));
  };
  const damage = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };
  await variant('a damaged file', damage, /checksum/);
  await variant(
    'a damaged file with a matching checksum',
    async (path) => {
      await damage(path);
      await fixChecksum(path);
    },
    /can't be read/,
  );
  await variant(
    'a truncated file',
    async (path) => {
      await truncate(path, 3000);
      await fixChecksum(path);
    },
    /can't be read/,
  );
  await variant('a file with another passphrase', async () => undefined, /can't be read/, {
    BACKUP_PASSPHRASE: 'a different passphrase',
  });
  await variant('a file without a manifest', (path) => rm(`${path}.json`), /does not exist/);
  await variant(
    "a file with another dump's manifest",
    (path) => rewrite(path, (manifest) => ({ ...manifest, taken_at: '2020-01-01T00:00:00Z' })),
    /not the manifest/,
  );
  await variant(
    'a file that is not a dump',
    async (path) => {
      await writeFile(path, 'not a dump');
      await fixChecksum(path);
    },
    /can't be read/,
  );

  const [newest] = await query<{ timestamp: string; name: string }>(
    'target',
    'DELETE FROM migration WHERE timestamp = (SELECT max(timestamp) FROM migration) RETURNING timestamp, name',
  );
  const other = await tool('restore', 'target', [file, '--replace=1']);
  check(
    'a dump of another schema is rejected',
    other.code === 1 && other.text.includes('migration') && (await content('target')) === late,
  );
  await query('target', `INSERT INTO migration (timestamp, name) VALUES (${newest?.timestamp}, '${newest?.name}')`);

  const replaced = await tool('restore', 'target', [file, '--replace=1']);
  check(
    `the dump replaces existing rows in ${replaced.seconds.toFixed(1)} s`,
    replaced.code === 0 && (await content('target')) === before,
  );

  const old = new Date(Date.now() - 31 * 86_400_000);
  await utimes(file, old, old);
  const pruned = await tool('backup', 'source', [`--folder=${folder}`]);
  check('a dump that is 31 days old is removed', pruned.code === 0 && !(await readdir(folder)).includes(name));
});
