import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres, type EmbeddedPostgres } from '../../../tools/embedded-postgres.ts';
import { migrate } from '../src/database/index.ts';
import { Client, type Login } from './support/client.ts';
import { untilWaiting } from './support/locks.ts';
import { Relay } from './support/relay.ts';
import { startTestService, type TestService } from './support/service.ts';
import { loadAuthConfig } from '../src/config.ts';
import { testEnvironment } from './support/service.ts';

const poolSize = 10;
/** A server of its own, which the tests stop and kill. */
let postgres: EmbeddedPostgres;
let port: number;
let relay: Relay;
let directory: string;
/** A process that is killed loses nothing that the kernel holds. */
const settings = { fsync: 'off' };
let service: TestService;
let client: Client;
let login: Login;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'auth-loss-'));
  postgres = await startPostgres(directory, settings);
  await postgres.createDatabase('auth');
  const url = new URL(postgres.url('auth'));
  port = Number(url.port);
  relay = await Relay.to(port);
  url.port = String(relay.port);
  const DATABASE_URL = url.href;
  await migrate(loadAuthConfig(testEnvironment({ DATABASE_URL })));
  service = await startTestService({
    DATABASE_URL,
    DATABASE_POOL_MAX: String(poolSize),
    DATABASE_CONNECT_TIMEOUT_MS: '3000',
    DATABASE_STATEMENT_TIMEOUT_MS: '2000',
    DATABASE_LOCK_TIMEOUT_MS: '1500',
  });
  client = new Client(service.url);
  login = await client.newAccount();
});
afterAll(async () => {
  await service.stop();
  relay.close();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
});

const isReady = async () => (await client.call('GET', '/health/ready')).status;

/** All routes that need the database respond with 503 within a minute, and the process stays alive. */
const expectUnavailable = async () => {
  const started = Date.now();
  const answers = await Promise.all([
    client.register('someone@example.com'),
    client.login(login.email),
    client.refresh(login.refreshToken),
    client.me(login.accessToken),
    client.call('GET', '/auth/sessions', { token: login.accessToken }),
  ]);
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    answers.map(() => [503, 'database_unavailable']),
  );
  expect(answers[0].headers.get('retry-after')).toBe('1');
  expect(Date.now() - started).toBeLessThan(60_000);
  expect(await isReady()).toBe(503);
  expect((await client.call('GET', '/health/live')).status).toBe(200);
  expect((await client.call('GET', '/.well-known/jwks.json')).status).toBe(200);
};

const recovered = async () => {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && (await isReady()) !== 200;) {
    await sleep(50);
  }
  expect(await isReady()).toBe(200);
  // no acknowledged write is lost, and nobody has to log in again
  expect((await client.me(login.accessToken)).status).toBe(200);
  expect((await client.login(login.email)).status).toBe(200);
};

const restart = async () => {
  postgres = await startPostgres(directory, settings, port);
};

it('responds with 503 while the database is shut down, and recovers by itself', async () => {
  await postgres.stop();
  await expectUnavailable();
  await restart();
  await recovered();
});

it('does the same when the database is killed with kill -9, and loses no committed data', async () => {
  const { email } = await client.newAccount();
  await postgres.kill();
  await expectUnavailable();
  await restart();
  await recovered();
  expect((await client.login(email)).status).toBe(200);
});

it('limits the time that a statement, or a wait for a lock, takes', async () => {
  const holder = await service.database.connect();
  await holder.query('BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE');
  const { status, body } = await client.me(login.accessToken);
  expect([status, body.code]).toEqual([503, 'database_unavailable']);
  await holder.query('ROLLBACK');
  holder.release();
  expect((await client.me(login.accessToken)).status).toBe(200);
});

it('abandons connections on which the database no longer responds, also within a transaction', async () => {
  const direct = new pg.Pool({ connectionString: postgres.url('auth') });
  const holder = await direct.connect();
  await holder.query('BEGIN; LOCK TABLE session IN SHARE MODE');
  const times = Array.from({ length: poolSize });
  const held = times.map(() => client.call('POST', '/auth/logout-others', { token: login.accessToken }));
  await untilWaiting(direct, poolSize);
  relay.silence();
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual(times.map(() => 503));
  holder.release(true);
  await direct.end();
  const asked = async () =>
    (await Promise.all(times.map(() => client.me(login.accessToken)))).map(({ status }) => status);
  // on a slow machine a connection that was not held may fail once
  await asked();
  expect(await asked()).toEqual(times.map(() => 200));
});
