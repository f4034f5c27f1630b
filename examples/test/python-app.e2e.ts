import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../apps/auth/test/support/client.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { createApplication } from './application.ts';
import { ExampleProgram, installPython, pythonOf } from './process.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) {
  process.stderr.write('python-app is not tested: there is no python3\n');
}

(hasPython ? describe : describe.skip)('Authlib', () => {
  let auth: TestService;
  let chromium: Browser;

  beforeAll(async () => {
    await installPython('python-app');
    auth = await startIssuer();
    chromium = await launchChromium();
  });
  afterAll(() => chromium.close());

  it('signs a person in, refreshes, introspects and revokes', async () => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const CLIENT_SECRET = await createApplication(auth, [
      ...['--name', 'Notes', '--kind', 'web', '--client-id', 'python-app', '--first-party'],
      ...['--redirect-uri', `${url}/signed-in`],
    ]);
    const settings = { ISSUER: auth.url, APP_URL: url, PORT: port, CLIENT_SECRET };
    const app = new ExampleProgram(pythonOf('python-app'), ['examples/python-app/app.py'], settings);
    const [, start = ''] = await app.shows(/Open (\S+)\n/);

    const email = newEmail();
    await new Client(auth.url).register(email);
    const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
    await visitor.open(start);
    await visitor.signIn(email);
    await visitor.page.waitForURL(`${url}/signed-in?**`);
    expect(await app.exit()).toBe(0);
    expect(app.output.split('\n').slice(1)).toEqual([
      `Hello ${email}`,
      `After a refresh, still ${email}`,
      'The refresh token is active: True',
      'After its revocation: False',
      '',
    ]);
  });
});
