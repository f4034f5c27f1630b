/**
 * `make drill-dump`: dumps a database of accounts, restores it into an empty and into a replaced one, and tries files that are
 * damaged, cut off, another's or sealed with another passphrase. Ends with 1 if one of these is restored, or a row differs.
 * ROWS: how many audit events there are beside the accounts.
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

const rows = Number(process.env['ROWS'] ?? 20_000);
const directory = await mkdtemp(join(tmpdir(), 'dump-'));
const postgres = await startPostgres(directory);
const phrase = randomBytes(16).toString('hex');
let failed = 0;

function check(claim: string, holds: boolean): void {
  failed += holds ? 0 : 1;
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${claim}`);
}

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

async function query(database: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.url(database) });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
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

try {
  await migrated('source');
  await query(
    'source',
    `INSERT INTO account (id, email, password_hash, roles)
     SELECT gen_random_uuid(), 'user-' || n || '@example.com', E'tab\\t, newline\\n and \\\\. ' || n, '{user}' FROM generate_series(1, ${rows}) n`,
  );
  const before = await content('source');
  const folder = join(directory, 'backups');
  const made = await tool('backup', 'source', [`--folder=${folder}`]);
  console.log(made.text.trim());
  const name = (await readdir(folder)).find((file) => file.endsWith('.age')) ?? '';
  const file = join(folder, name);
  check(
    `${rows} accounts were dumped in ${made.seconds.toFixed(1)} s, ${(await stat(file)).size} bytes`,
    made.code === 0,
  );
  check('nothing of them can be read in the file', !(await readFile(file)).includes('example.com'));

  await postgres.createDatabase('target');
  const restored = await tool('restore', 'target', [file]);
  console.log(restored.text.trim());
  check(`restored into an empty database in ${restored.seconds.toFixed(1)} s`, restored.code === 0);
  check('each row is as it was', (await content('target')) === before);

  const again = await tool('restore', 'target', [file]);
  check('a database that is not empty is refused', again.code === 1 && again.text.includes('is not empty'));
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
    const { code, text } = await tool('restore', 'target', [path, '--replace'], settings);
    check(
      `${title} is refused and nothing was touched`,
      code === 1 && why.test(text) && (await content('target')) === late,
    );
  };
  const rewrite = async (path: string, change: (manifest: Record<string, unknown>) => object) => {
    const manifest = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Record<string, unknown>;
    await writeFile(`${path}.json`, JSON.stringify(change(manifest)));
  };
  const sealedAnew = async (path: string) => {
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
    'a damaged file with a checksum that fits',
    async (path) => {
      await damage(path);
      await sealedAnew(path);
    },
    /can't be read/,
  );
  await variant(
    'a file that is cut off',
    async (path) => {
      await truncate(path, 3000);
      await sealedAnew(path);
    },
    /can't be read/,
  );
  await variant('another passphrase', async () => undefined, /can't be read/, {
    BACKUP_PASSPHRASE: 'not the one it was',
  });
  await variant('a file without its manifest', (path) => rm(`${path}.json`), /no manifest/);
  await variant(
    "another dump's manifest",
    (path) => rewrite(path, (manifest) => ({ ...manifest, taken_at: '2020-01-01T00:00:00Z' })),
    /not the manifest/,
  );
  await variant(
    'what is no dump',
    async (path) => {
      await writeFile(path, 'no dump');
      await sealedAnew(path);
    },
    /can't be read/,
  );

  await query('target', 'DELETE FROM migration WHERE timestamp = (SELECT max(timestamp) FROM migration)');
  const other = await tool('restore', 'target', [file, '--replace']);
  check(
    'another schema is refused',
    other.code === 1 && other.text.includes('migration') && (await content('target')) === late,
  );
  await query('target', `INSERT INTO migration (timestamp, name) VALUES (1764115600000, 'SocialLogin1764115600000')`);

  const replaced = await tool('restore', 'target', [file, '--replace']);
  check(`replaced in ${replaced.seconds.toFixed(1)} s`, replaced.code === 0 && (await content('target')) === before);

  const old = new Date(Date.now() - 31 * 86_400_000);
  await utimes(file, old, old);
  const pruned = await tool('backup', 'source', [`--folder=${folder}`]);
  check('a dump of 31 days ago is removed', pruned.code === 0 && !(await readdir(folder)).includes(name));
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
}
console.log(failed === 0 ? '\ndump: passed' : `\ndump: ${failed} FAILED`);
process.exitCode = failed === 0 ? 0 : 1;
