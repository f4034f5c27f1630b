/** `npm run generate`: writes what is derived from the code and committed, the OpenAPI document and the table of settings. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { authSettings, configTable, createService, describeApi, loadAuthConfig, root } from './built.ts';
import { startPostgres } from './embedded-postgres.ts';

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
