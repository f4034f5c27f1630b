/**
 * `make drill-import`: imports 100,000 accounts with a process of its own, which is killed once in the middle. Ends with 1
 * if an account is lost or doubled, an old password does not log in, or the process took more than 256 MiB.
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

const lines = 100_000;
/** Each of so many lines can't be read. */
const refusedEach = 10_000;
const killAtPercent = 40;
const maxRssMiB = 256;
const reportRss = `data:text/javascript,process.on('exit',()=>process.stderr.write('RSS '+process.resourceUsage().maxRSS+'\\n'))`;

/** What `npm run cli` runs, without npm between: what is killed is the import itself. */
const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: { cli: string } };
const [, ...cli] = scripts.cli.split(' ');

const email = (line: number) => `user-${String(line)}@example.com`;
const password = (line: number) => `old password ${String(line)}`;

function* file(): Generator<string> {
  for (let line = 1; line <= lines; line += 1) {
    const salt = randomBytes(8).toString('hex');
    const digest = pbkdf2Sync(password(line), salt, 1, 32, 'sha256').toString('base64');
    const hash = line % refusedEach === 0 ? 'unreadable' : `pbkdf2_sha256$1$${salt}$${digest}`;
    yield `${JSON.stringify({ email: email(line), password_hash: hash })}\n`;
  }
}

/** Runs the import; kills it once it has come so far. */
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

function assert(condition: boolean, message: string): void {
  if (!condition) {
    throw new Error(message);
  }
}

const directory = await mkdtemp(join(tmpdir(), 'auth-drill-'));
const postgres = await startPostgres(directory);
try {
  await postgres.createDatabase('drill');
  const environment = {
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
  // if this fails, the server stops before the client does
  database.on('error', () => undefined);
  await database.connect();
  const count = async (statement: string) =>
    Number((await database.query<{ count: string }>(statement)).rows[0]?.count);

  await run(path, environment, killAtPercent);
  const before = await count('SELECT count(*) FROM account');
  process.stdout.write(`killed when ${String(before)} accounts were in\n`);
  assert(before > 0 && before < lines / 2, 'the import was not cut off in the middle');

  const started = performance.now();
  const { output, rssMiB } = await run(path, environment);
  const seconds = (performance.now() - started) / 1000;
  const good = lines - lines / refusedEach;
  assert(!/^0 % /m.test(output), 'the second run began anew');
  const accounts = await count('SELECT count(*) FROM account');
  const events = await count("SELECT count(DISTINCT subject_id) FROM audit_event WHERE type = 'account.imported'");
  const refusals = await count('SELECT count(*) FROM import_refusal');
  await database.end();
  assert(
    accounts === good && events === good,
    `${String(accounts)} accounts and ${String(events)} events, not ${String(good)}`,
  );
  assert(refusals === lines / refusedEach, `${String(refusals)} lines were refused`);

  const service = await startService(config);
  for (const line of [1, lines / 2 + 1, lines - 1]) {
    const { status } = await fetch(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: email(line), password: password(line) }),
    });
    assert(status === 200, `the login of line ${String(line)} answered ${String(status)}`);
  }
  await service.stop();
  const rate = Math.round((lines - before) / seconds);
  process.stdout.write(`${String(accounts)} accounts, ${String(rate)} rows/s, peak RSS ${rssMiB.toFixed(0)} MiB\n`);
  assert(rssMiB <= maxRssMiB, `the import took more than ${String(maxRssMiB)} MiB`);
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true });
}
