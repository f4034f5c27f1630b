/**
 * `make backup`: writes a compressed and encrypted dump of the database and its manifest into `.backups/`, and removes dumps older
 * than 30 days. With `BACKUP_S3_URL` set, uploads both files.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { choose } from './backup/database.ts';
import { dump, type Manifest } from './backup/dump.ts';
import { digest, passphrase, seal } from './backup/sealed-file.ts';
import { extension, prune, upload } from './backup/store.ts';

const { values } = parseArgs({
  options: {
    namespace: { type: 'string' },
    compose: { type: 'boolean' },
    folder: { type: 'string', default: join(import.meta.dirname, '../.backups') },
  },
});
const started = performance.now();
const unfinished = join(values.folder, `.${process.pid}.unfinished`);
try {
  await backup();
} catch (error) {
  console.error(`Backup failed. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(unfinished, { force: true });
}

async function backup(): Promise<void> {
  const phrase = await passphrase(process.env);
  const target = await choose(values, process.env);
  console.log(`Backs up ${target.description}.`);
  await mkdir(values.folder, { recursive: true, mode: 0o700 });
  const connection = await target.connect();
  let manifest: Manifest | undefined;
  try {
    await seal(
      dump(connection.client, (complete) => (manifest = complete)),
      phrase,
      unfinished,
    );
  } finally {
    await connection.close();
  }
  if (!manifest) {
    throw new Error('The dump is incomplete.');
  }
  await store(manifest);
}

async function store(manifest: Manifest): Promise<void> {
  const file = join(
    values.folder,
    `${manifest.database}-${manifest.taken_at.replaceAll(/[-:]|\.\d+/g, '')}${extension}`,
  );
  const about = { sha256: await digest(unfinished), ...manifest };
  await writeFile(`${file}.json`, `${JSON.stringify(about, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  if (process.env['BACKUP_S3_URL']) {
    await upload([file, `${file}.json`], process.env);
  }
  const removed = await prune(values.folder);
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(
    `${file}: ${manifest.tables.length} tables, ${rows} rows, ${((performance.now() - started) / 1000).toFixed(1)} s${removed.length > 0 ? `; removed ${removed.join(', ')}` : ''}`,
  );
}
