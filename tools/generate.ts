/** `npm run generate`: writes what is derived from the code and committed: the OpenAPI document, the client’s types and
 * the reference pages of docs/. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authSettings, createService, describeApi, describeSettings, loadAuthConfig, migrate } from './built.ts';
import { clientTypes } from './docs/client-types.ts';
import { apiPage } from './docs/api.ts';
import { configurationPage } from './docs/configuration.ts';
import { dataModelPage } from './docs/data-model.ts';
import { readTables } from './docs/tables.ts';
import { write, writePage } from './docs/write.ts';
import { startPostgres } from './embedded-postgres.ts';

await writePage('docs/configuration.md', configurationPage(describeSettings(authSettings)));

const directory = await mkdtemp(join(tmpdir(), 'auth-generate-'));
const postgres = await startPostgres(directory);
try {
  const config = loadAuthConfig({
    NODE_ENV: 'development',
    LOG_LEVEL: 'silent',
    DATABASE_URL: postgres.url('postgres'),
    KEY_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  });
  await migrate(config);
  await writePage('docs/data-model.md', dataModelPage(await readTables(config.DATABASE_URL)));

  const app = await createService(config);
  const document = describeApi(app);
  await app.close();
  await write('apps/auth/openapi.json', JSON.stringify(document));
  await writePage('docs/api.md', apiPage(document));
  await write('libs/client/src/api.ts', await clientTypes(document));
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true });
}
