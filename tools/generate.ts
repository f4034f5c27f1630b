/** `npm run generate`: writes what is derived from the code and committed, the OpenAPI document and the table of settings. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { format, resolveConfig } from 'prettier';
import { startPostgres } from './embedded-postgres.ts';

type Config = typeof import('../apps/auth/src/config.ts');
type Service = typeof import('../apps/auth/src/service.ts');
type Common = typeof import('#common');

const root = join(import.meta.dirname, '..');
const dist = (path: string) => join(root, 'dist', path);

const { authSettings, loadAuthConfig } = (await import(dist('apps/auth/src/config.js'))) as Config;
const { createService, describeApi } = (await import(dist('apps/auth/src/service.js'))) as Service;
const { configTable } = (await import(dist('libs/common/src/index.js'))) as Common;

async function write(path: string, text: string): Promise<void> {
  const file = join(root, path);
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
  process.stdout.write(`wrote ${path}\n`);
}

const readme = await readFile(join(root, 'README.md'), 'utf8');
await write(
  'README.md',
  readme.replace(
    /(<!-- settings -->\n)[^]*(\n<!-- \/settings -->)/,
    (_all, begin: string, end: string) => begin + configTable(authSettings) + end,
  ),
);

const directory = await mkdtemp(join(tmpdir(), 'auth-generate-'));
const postgres = await startPostgres(directory);
try {
  const app = await createService(
    loadAuthConfig({
      LOG_LEVEL: 'silent',
      DATABASE_URL: postgres.url('postgres'),
      KEY_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    }),
  );
  await write('apps/auth/openapi.json', JSON.stringify(describeApi(app)));
  await app.close();
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true });
}
