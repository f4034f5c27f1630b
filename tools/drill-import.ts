/**
 * `make drill-import`: imports 100,000 accounts and kills the importing process once in the middle. No account is lost or
 * duplicated, accounts log in with their old passwords, and the process uses at most 256 MiB.
 */
import { spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { loadAuthConfig, migrate, root, startService } from './built.ts';
import { startPostgres } from './embedded-postgres.ts';
import { drill } from './lib/drill.ts';

const lines = 100_000;
/** Every such line has an unreadable hash. */
const unreadableEvery = 10_000;
const killAtPercent = 40;
const maxRssMiB = 256;
const reportRss = `data:text/javascript,process.on('exit',()=>process.stderr.write('RSS '+process.resourceUsage().maxRSS+'\\n'))`;

/** The command of `npm run cli`, run without npm, so that the signal kills the import itself. */
const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: { cli: string } };
const [, ...cli] = scripts.cli.split(' ');

const email = (line: number) => `user-${String(line)}@example.com`;
const password = (line: number) => `old password ${String(line)}`;

function* file(): Generator<string> {
  for (let line = 1; line <= lines; line += 1) {
    const salt = randomBytes(8).toString('hex');
    const digest = pbkdf2Sync(password(line), salt, 1, 32, 'sha256').toString('base64');
    const hash = line % unreadableEvery === 0 ? 'unreadable' : `pbkdf2_sha256$1$${salt}$${digest}`;
    yield `${JSON.stringify({ email: email(line), password_hash: hash })}\n`;
  }
}

/**
 * Runs the import.
 * @param killAt percentage at which to kill it
 */
async function run(path: string, environment: NodeJS.ProcessEnv, killAt = Infinity) {
  const child = spawn(process.execPath, [`--import=${reportRss}`, ...cli, 'accounts', 'import', path], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      output += text;
      if (Number(/(\d+) %[^%]*$/.exec(output)?.[1]) >= killAt) {
        child.kill('SIGKILL');
      }
    });
  }
  await once(child, 'close');
  return { output, rssMiB: Number(/RSS (\d+)/.exec(output)?.[1]) / 1024 };
}

await drill('import', async ({ after, log, check }) => {
  const directory = await mkdtemp(join(tmpdir(), 'auth-drill-'));
  const postgres = await startPostgres(directory);
  after(async () => {
    await postgres.stop();
    await rm(directory, { recursive: true });
  });
  await postgres.createDatabase('drill');
  const environment = {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: postgres.url('drill'),
    KEY_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  };
  const config = loadAuthConfig(environment);
  await migrate(config);
  const path = join(directory, 'accounts.ndjson');
  await pipeline(Readable.from(file()), createWriteStream(path));
  const database = new pg.Client(environment.DATABASE_URL);
  // a failed drill stops the server before the client
  database.on('error', () => undefined);
  await database.connect();
  const count = async (statement: string) =>
    Number((await database.query<{ count: string }>(statement)).rows[0]?.count);

  await run(path, environment, killAtPercent);
  const before = await count('SELECT count(*) FROM account');
  log(`killed after ${before} accounts`);
  check('the import was killed in the middle', before > 0 && before < lines - lines / unreadableEvery);

  const started = performance.now();
  const { output, rssMiB } = await run(path, environment);
  const seconds = (performance.now() - started) / 1000;
  const good = lines - lines / unreadableEvery;
  check('the second run continues where the first stopped', !/^0 % /m.test(output));
  const accounts = await count('SELECT count(*) FROM account');
  const events = await count("SELECT count(DISTINCT subject_id) FROM audit_event WHERE type = 'account.imported'");
  const rejected = await count('SELECT count(*) FROM import_refusal');
  await database.end();
  check(`${good} accounts and ${good} events were stored`, accounts === good && events === good);
  check(`${rejected} lines with an unreadable hash were rejected`, rejected === lines / unreadableEvery);

  const service = await startService(config);
  for (const line of [1, lines / 2 + 1, lines - 1]) {
    const { status } = await fetch(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: email(line), password: password(line) }),
    });
    check(`the account of line ${line} logs in with its old password`, status === 200);
  }
  await service.stop();
  const rate = Math.round((lines - before) / seconds);
  log(`${accounts} accounts, ${rate} rows/s, peak RSS ${rssMiB.toFixed(0)} MiB`);
  check(`the import uses at most ${maxRssMiB} MiB`, rssMiB <= maxRssMiB);
});
