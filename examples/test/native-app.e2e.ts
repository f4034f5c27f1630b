import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../apps/auth/test/support/client.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { createApplication } from './application.ts';
import { ExampleProgram } from './process.ts';

let auth: TestService;
let chromium: Browser;
let visitor: Visitor;
let email: string;

beforeAll(async () => {
  auth = await startIssuer();
  chromium = await launchChromium();
  await createApplication(auth, [
    ...['--name', 'Notes', '--kind', 'native', '--client-id', 'native-app', '--first-party'],
    ...['--redirect-uri', 'http://127.0.0.1/signed-in'],
  ]);
  email = newEmail();
  await new Client(auth.url).register(email);
  visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
});
afterAll(() => chromium.close());

const program = (...args: string[]) =>
  new ExampleProgram(process.execPath, ['examples/native-app/main.ts', ...args], { ISSUER: auth.url });

it('signs a person in by the browser of the device, on a port of its own', async () => {
  const app = program();
  const url = (await app.shows(/Open (\S+)\n/))[1] ?? '';
  const redirectUri = new URL(url).searchParams.get('redirect_uri') ?? '';
  expect((await fetch(`${redirectUri}?code=stolen&state=guess`)).status).toBe(404);
  await visitor.open(url);
  await visitor.signIn(email);
  await visitor.page.waitForURL(`${redirectUri}?**`);
  expect(await visitor.page.textContent('body')).toContain('return to the program');
  await app.shows(new RegExp(`Hello ${email}\n`));
  expect(await app.exit()).toBe(0);
});

it('signs a person in by the browser of another device', async () => {
  const app = program('--device');
  const [, url = '', code = ''] = await app.shows(/Open (\S+) on any device, and enter (\S+)\n/);
  await visitor.open(url);
  await visitor.page.getByRole('textbox').fill(code);
  await visitor.press('Continue');
  expect(await visitor.count(code)).toBeGreaterThan(0);
  await visitor.press('Continue');
  await visitor.press('Allow');
  expect(await visitor.heading()).toBe('Your device is connected');
  await app.shows(new RegExp(`Hello ${email}\n`));
  expect(await app.exit()).toBe(0);
});
