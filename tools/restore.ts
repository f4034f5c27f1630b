/**
 * `make restore FILE=…`: verifies a whole dump, then loads it in one transaction into an empty database, or in place of the
 * existing rows if `--replace` names the database. If anything differs from the manifest, exits with 1 and leaves the database unchanged.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { assertReplaceable, choose } from './backup/database.ts';
import { RestoreError, load, verify } from './backup/load.ts';
import { digest, passphrase, unseal } from './backup/sealed-file.ts';
import { migrations } from './backup/tables.ts';

const { values, positionals } = parseArgs({
  options: {
    namespace: { type: 'string' },
    compose: { type: 'boolean' },
    replace: { type: 'string' },
  },
  allowPositionals: true,
});
try {
  await restore(positionals[0] ?? '');
} catch (error) {
  console.error(`Restore failed; the database is unchanged. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function restore(file: string): Promise<void> {
  const started = performance.now();
  const target = await choose(values, process.env);
  console.log(`Restores into ${target.description}.`);
  if (values.replace !== undefined) {
    assertReplaceable(target, values.replace);
  }
  const phrase = await passphrase(process.env);
  const about = await readFile(`${file}.json`, 'utf8').catch(() => {
    throw new RestoreError(`The manifest ${file}.json does not exist.`);
  });
  const { sha256, ...expected } = JSON.parse(about) as Record<string, unknown>;
  if ((await digest(file)) !== sha256) {
    throw new RestoreError(`The checksum of ${file} does not match its manifest.`);
  }
  const manifest = await verify(unseal(file, phrase));
  if (!isDeepStrictEqual(manifest, expected)) {
    throw new RestoreError(`${file}.json is not the manifest of this dump.`);
  }
  const connection = await target.connect();
  try {
    if (connection.url && (await migrations(connection.client)).length === 0) {
      const { loadAuthConfig, migrate } = await import('./built.ts');
      // migrations encrypt nothing, so any key will do
      const keys = randomBytes(32).toString('base64');
      await migrate(
        loadAuthConfig({ DATABASE_URL: connection.url, KEY_ENCRYPTION_KEYS: keys, NODE_ENV: 'development' }),
      );
    }
    await load(connection.client, manifest, unseal(file, phrase), values.replace !== undefined);
  } finally {
    await connection.close();
  }
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(
    `restored ${manifest.tables.length} tables, ${rows} rows as of ${manifest.taken_at}, verified against the manifest, in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
