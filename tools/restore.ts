/**
 * `make restore FILE=…`: verifies all of a dump, then loads it in one transaction into a database that is empty, or with
 * `--replace` instead of what is there. Ends with 1 and an untouched database where anything differs from the manifest.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { connect } from './backup/database.ts';
import { RefusedError, load, verify } from './backup/load.ts';
import { digest, passphrase, unseal } from './backup/sealed-file.ts';
import { migrations } from './backup/tables.ts';
import { loadAuthConfig, migrate } from './built.ts';

const { values, positionals } = parseArgs({
  options: {
    namespace: { type: 'string' },
    compose: { type: 'boolean' },
    replace: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
try {
  await restore(positionals[0] ?? '');
} catch (error) {
  console.error(`Not restored; the database is as it was. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function restore(file: string): Promise<void> {
  const started = performance.now();
  const phrase = await passphrase(process.env);
  const about = await readFile(`${file}.json`, 'utf8').catch(() => {
    throw new RefusedError(`There is no manifest ${file}.json.`);
  });
  const { sha256, ...expected } = JSON.parse(about) as Record<string, unknown>;
  if ((await digest(file)) !== sha256) {
    throw new RefusedError(`The checksum of ${file} is not that of its manifest.`);
  }
  const manifest = await verify(unseal(file, phrase));
  if (!isDeepStrictEqual(manifest, expected)) {
    throw new RefusedError(`${file}.json is not the manifest of this dump.`);
  }
  const connection = await connect(values, process.env);
  try {
    if (connection.url && (await migrations(connection.client)).length === 0) {
      // its keys encrypt nothing: only the schema is made
      const keys = randomBytes(32).toString('base64');
      await migrate(
        loadAuthConfig({ DATABASE_URL: connection.url, KEY_ENCRYPTION_KEYS: keys, NODE_ENV: 'development' }),
      );
    }
    await load(connection.client, manifest, unseal(file, phrase), values.replace);
  } finally {
    await connection.close();
  }
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(
    `restored ${manifest.tables.length} tables, ${rows} rows as of ${manifest.taken_at}, all as in the manifest, in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
