import { afterAll, beforeAll, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';
import { Client } from './support/client.ts';
import { Program } from './support/program.ts';
import { copyDatabase, strongPassword, testEnvironment } from './support/service.ts';

let folder: string;
let program: Program;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  const { status, stderr } = spawnSync(process.execPath, ['tools/bundle/app.ts', 'auth', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const environment = testEnvironment({ DATABASE_URL: await copyDatabase(), LOG_LEVEL: 'info' });
  program = new Program(environment, join(folder, 'dist/apps/auth/src/main.js'));
});
afterAll(async () => {
  program.child.kill('SIGKILL');
  await program.exit();
  await rm(folder, { recursive: true });
});

it('the bundle has what the service loads when it is first used', async () => {
  const client = new Client(await program.url());
  // threads that judge and hash passwords
  const { accessToken: token } = await client.newAccount();
  // the QR code
  const { body: setup } = await client.call('POST', '/auth/mfa/totp', { token, body: { password: strongPassword } });
  expect(setup.qr_code).toMatch(/^data:image\/svg/);
  // the OpenID provider, passkeys, the API's document and its pages, the console
  for (const [method, path, status] of [
    ['GET', '/.well-known/openid-configuration', 200],
    ['POST', '/auth/login/passkey/options', 200],
    ['GET', '/docs/openapi.json', 200],
    ['GET', '/docs', 200],
    ['GET', '/sign-in', 200],
    ['GET', '/console/', 200],
  ] as const) {
    const response = await fetch(client.url + path, { method });
    expect([path, response.status]).toEqual([path, status]);
  }
  const page = await (await fetch(`${client.url}/console/`)).text();
  const [script = ''] = /\/console\/assets\/index-[\w-]+\.js/.exec(page) ?? [];
  expect((await fetch(client.url + script)).status).toBe(200);
});
