/** Chooses and connects to a database: an environment's in the cluster, Docker Compose's, `DATABASE_URL`, or the embedded one. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../embedded-postgres.ts';
import { root } from '../lib/root.ts';

export interface Connection {
  client: pg.Client;
  /** For code that opens its own connection; undefined if the database is only reachable through this one. */
  url?: string;
  close: () => Promise<void>;
}

export interface Place {
  /** An environment in the current kube context. */
  namespace?: string | undefined;
  /** The database of compose.yaml. */
  compose?: boolean | undefined;
}

export interface Target {
  /** Names the database, for the operator to read before anything happens. */
  description: string;
  /** The value of REPLACE that allows replacing its contents. */
  replace: string;
  connect: () => Promise<Connection>;
}

const local = '1';

/**
 * Chooses the database.
 * @throws Error if two are chosen
 */
export async function choose({ namespace, compose }: Place, environment: NodeJS.ProcessEnv): Promise<Target> {
  if (namespace && compose) {
    throw new Error('NAMESPACE and COMPOSE choose two databases. Pass one of them.');
  }
  if (namespace) {
    const { stdout } = await promisify(execFile)('kubectl', ['config', 'current-context']);
    const context = stdout.trim();
    return {
      description: `the database of auth in the namespace ${namespace} of the kube context ${context}`,
      replace: namespace,
      connect: () => inCluster(context, namespace),
    };
  }
  if (compose) {
    return { description: 'the database of compose.yaml', replace: local, connect: inCompose };
  }
  const url = environment['DATABASE_URL'];
  if (url) {
    const { host, port, database } = new pg.Client({ connectionString: url });
    return {
      description: `the database ${database ?? ''} on ${host}:${port}, which DATABASE_URL names`,
      replace: /^(localhost|127\..*|::1|\/.*)$/.test(host) ? local : host,
      connect: () => byUrl(url),
    };
  }
  return { description: 'the database of `make start`', replace: local, connect: embedded };
}

/**
 * Checks that REPLACE names the database, so that one chosen by mistake keeps its contents.
 * @throws Error if it does not
 */
export function assertReplaceable({ description, replace }: Target, named: string): void {
  if (named !== replace) {
    throw new Error(`This is ${description}. To replace its contents, pass REPLACE=${replace}.`);
  }
}

async function embedded(): Promise<Connection> {
  const directory = join(root, '.data');
  const running = await readFile(join(directory, 'environment'), 'utf8').catch(() => '');
  const url = /^DATABASE_URL=(.+)$/m.exec(running)?.[1];
  if (url) {
    try {
      return await byUrl(url);
    } catch {
      // `make start` is not running
    }
  }
  const postgres = await startPostgres(directory);
  await postgres.createDatabase('auth');
  return byUrl(postgres.url('auth'), () => postgres.stop());
}

async function byUrl(url: string, after: () => Promise<void> = async () => undefined): Promise<Connection> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  return {
    client,
    url,
    async close() {
      await client.end();
      await after();
    },
  };
}

/** Connects through the API server to the pod that serves the database. */
async function inCluster(context: string, namespace: string): Promise<Connection> {
  const there = ['-n', namespace, '--context', context];
  const secret = async (key: string) => {
    const path = `jsonpath={.data.${key.replaceAll('.', '\\.')}}`;
    const { stdout } = await promisify(execFile)('kubectl', ['get', 'secret', 'auth', ...there, '-o', path]);
    return Buffer.from(stdout, 'base64').toString();
  };
  const url = await secret('database-url');
  const ca = await secret('ca.crt');
  // not the Service: that of a database cluster has no selector
  const serving = 'jsonpath={.subsets[0].addresses[0].targetRef.name}';
  const endpoints = ['get', 'endpoints', 'postgres', ...there, '-o', serving];
  const pod = (await promisify(execFile)('kubectl', endpoints)).stdout;
  if (!pod) {
    throw new Error(`No pod serves the database of the namespace ${namespace}.`);
  }
  const forward = spawn('kubectl', ['port-forward', `pod/${pod}`, ':5432', ...there, '--address=127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(forward.stdout, 'data', { signal: AbortSignal.timeout(30_000) })) as [Buffer];
  return byForward(url, ca, Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1]), () => forward.kill());
}

/** Connects through a process in the service's container, because the database has no port on the host. */
async function inCompose(): Promise<Connection> {
  const inside = ['compose', 'exec', '-T', 'auth'];
  const secret = async (key: string) => {
    const options = { cwd: root };
    return (await promisify(execFile)('docker', [...inside, 'cat', `/etc/auth/secrets/${key}`], options)).stdout;
  };
  const url = await secret('database-url');
  const ca = await secret('ca.crt');
  // errors end the socket, which the client notices
  const pipe =
    "const s = net.connect(5432, 'postgres').on('error', () => process.exit()); process.stdin.pipe(s).pipe(process.stdout)";
  const server = createServer((socket) => {
    const { stdin, stdout } = spawn('docker', [...inside, 'node', '-e', pipe], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    pipeline(socket, stdin, () => undefined);
    pipeline(stdout, socket, () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return byForward(url, ca, (server.address() as AddressInfo).port, () => server.close());
}

/** Connects to a forwarded port, with TLS to the database itself. */
async function byForward(databaseUrl: string, ca: string, port: number, after: () => unknown): Promise<Connection> {
  const url = new URL(databaseUrl);
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    ssl: { ca, servername: url.hostname },
    connectionTimeoutMillis: 10_000,
  });
  const close = async () => {
    await client.end();
    after();
  };
  await client.connect().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { client, close };
}
