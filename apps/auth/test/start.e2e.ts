import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, newEmail } from './support/client.ts';

const tool = join(import.meta.dirname, '../../../tools/start.ts');

let directory: string;
let child: ChildProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'auth-start-'));
});
afterAll(async () => {
  child.kill('SIGINT');
  await exited();
  await rm(directory, { recursive: true, force: true });
});

const exited = async () => {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
  return child.exitCode ?? child.signalCode;
};

/** Runs `make start` on a directory of its own, until it prints the URL of the API. */
const start = async (): Promise<Client> => {
  const environment = { ...process.env, PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'error', NODE_OPTIONS: '' };
  child = spawn(process.execPath, [tool, directory], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
    output += text;
    const url = /ready at (\S+)/.exec(output)?.[1];
    if (url !== undefined) {
      expect(output).toMatch(/API docs {2}\S+\/docs\n[^]*curl -s \S+\/auth\/register/);
      return new Client(url);
    }
  }
  throw new Error(output);
};

const databaseRuns = () =>
  access(join(directory, 'postgres/postmaster.pid')).then(
    () => true,
    () => false,
  );

it('exits with 78 and lists all problems if settings are not valid, and leaves no database running', async () => {
  const environment = { ...process.env, PORT: 'http', TOKEN_ISSUER: 'auth', LOG_LEVEL: 'error', NODE_OPTIONS: '' };
  child = spawn(process.execPath, [tool, directory], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors = (await child.stderr?.setEncoding('utf8').toArray())?.join('') ?? '';
  expect(await exited()).toBe(78);
  expect(await databaseRuns()).toBe(false);
  expect(errors).toMatch(/2 problem\(s\):\n {2}- PORT: .+\n {2}- TOKEN_ISSUER: .+\n$/);
});

it('exits with 78 in production without a database', async () => {
  const environment = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
  child = spawn(process.execPath, [tool, directory], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors = (await child.stderr?.setEncoding('utf8').toArray())?.join('') ?? '';
  expect([await exited(), errors]).toEqual([78, 'The embedded database is only for development. Set DATABASE_URL.\n']);
});

describe('make start', () => {
  const email = newEmail();
  let refreshToken: string;

  it('serves the API and the pages on its own database', async () => {
    const client = await start();
    const page = await (await fetch(client.url)).text();
    expect(page).toContain('<h1>Sign in</h1>');
    const [, register = ''] = /<a href="([^"]+)">Create an account</.exec(page) ?? [];
    expect(await (await fetch(client.url + register)).text()).toContain('<h1>Create an account</h1>');
    ({ refreshToken } = await client.newAccount(email));
  });

  it('stops service and database on Ctrl-C, and keeps the data for the next start', async () => {
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await exited()).toBe(0);
    expect(await databaseRuns()).toBe(false);
    const client = await start();
    expect((await client.login(email)).status).toBe(200);
    const { status, body } = await client.refresh(refreshToken);
    expect(status).toBe(200);
    refreshToken = body.refresh_token;
  });

  it('loses no committed data on kill -9', async () => {
    child.kill('SIGKILL');
    await exited();
    expect(await databaseRuns()).toBe(true);
    const client = await start();
    expect((await client.refresh(refreshToken)).status).toBe(200);
    child.kill('SIGINT');
    expect(await exited()).toBe(0);
    expect(await databaseRuns()).toBe(false);
  });
});
