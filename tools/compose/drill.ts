/**
 * `make drill-compose`: `docker compose up` in a copy of the repository, with its own ports and volumes. The service becomes
 * healthy, the smoke test passes, an e-mail arrives, a dump succeeds, and data survives a restart.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyRepository } from '../lib/copy-repository.ts';
import { drill } from '../lib/drill.ts';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { until } from '../lib/until.ts';

const api = 'http://127.0.0.1:13000';
const mailApi = 'http://127.0.0.1:18025';
const environment = {
  ...process.env,
  COMPOSE_PROJECT_NAME: 'drill-compose',
  AUTH_PORT: '13000',
  MAIL_PORT: '18025',
  BACKUP_PASSPHRASE: 'the passphrase of the drill',
};

interface Container {
  Service: string;
  State: string;
  Health: string;
  ExitCode: number;
}

await drill('compose', async ({ after, log, table, check }) => {
  const copy = mkdtempSync(join(tmpdir(), 'compose-'));
  after(async () => rmSync(copy, { recursive: true, force: true }));
  await copyRepository(copy);
  const compose = (...args: string[]) =>
    run('docker', ['compose', ...args], {
      cwd: copy,
      seconds: 600,
      env: environment,
    });
  const down = () => compose('down', '--volumes', '--timeout', '30');
  await down();
  after(down);

  const up = async () => {
    const started = Date.now();
    await compose('up', '--detach', '--wait', '--wait-timeout', '180');
    return ((Date.now() - started) / 1000).toFixed(1);
  };
  const started = Date.now();
  await compose('build');
  log(`built after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  log(`up after ${await up()} s`);
  const containers = (await compose('ps', '--all', '--format', 'json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Container);
  table(containers.map(({ Service, State, Health, ExitCode }) => ({ Service, State, Health, ExitCode })));
  check(
    'running containers are healthy, finished ones succeeded',
    containers.length === 5 &&
      containers.every(({ State, Health, ExitCode }) => (State === 'running' ? Health === 'healthy' : ExitCode === 0)),
  );

  await run('node', [join(root, 'k8s/base/auth/smoke-test.ts'), api]);
  check('the smoke test passes', true);

  const account = { email: 'compose@example.com', password: 'violet-otter-hums-42-songs' };
  const post = (path: string, body: object) =>
    fetch(api + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  await post('/auth/register', account);
  await post('/auth/password-reset', { email: account.email });
  const arrived = async () => {
    const response = await fetch(`${mailApi}/api/v1/messages`);
    const { messages } = (await response.json()) as { messages: { To: { Address: string }[] }[] };
    return messages.some(({ To }) => To.some(({ Address }) => Address === account.email));
  };
  await until('e-mail', 30, arrived);
  check('the mail catcher receives an e-mail', await arrived());

  const dumps = join(copy, '.backups');
  const made = await run('node', [join(root, 'tools/backup.ts'), '--compose', `--folder=${dumps}`], {
    env: environment,
  });
  check(`make backup writes a dump: ${made.trim().split(': ').at(-1)}`, readdirSync(dumps).length === 2);

  await compose('down', '--timeout', '30');
  log(`up again after ${await up()} s`);
  check('secrets and accounts survive a restart', (await post('/auth/login', account)).status === 200);
});
