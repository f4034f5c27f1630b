import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { expectSound, newConsoleAdmin, openConsole, startConsoleService } from './support/console.ts';
import { Mailbox } from './support/mailbox.ts';
import type { TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

let mailbox: Mailbox;
let service: TestService;
let chromium: Browser;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startConsoleService(mailbox);
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

describe('an admin with a second factor', () => {
  it('signs in, finds a person, and signs out', async () => {
    const admin = await newConsoleAdmin(service);
    const email = newEmail();
    await new Client(service.url).register(email);
    const { page } = await openConsole(chromium, service, mailbox, admin, '/console/people');
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
    expect(page.url()).toBe(`${service.url}/console/people`);

    await page.getByLabel('E-mail address').fill(email.slice(0, -12));
    await page.getByRole('link', { name: email }).waitFor();
    await page.getByRole('link', { name: admin.email }).waitFor({ state: 'detached' });
    expect(await page.getByRole('row').count()).toBe(2);

    // tokens are in memory alone
    const stored: string = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(stored).not.toMatch(/eyJ|rt_/);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'You are signed out' }).waitFor();
    await page.goto('/console/');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in');
  });

  it('sees pages without a fault of accessibility, in light, dark and on a phone', async () => {
    const visitor = await openConsole(chromium, service, mailbox, await newConsoleAdmin(service));
    await visitor.page.getByText('Nothing needs attention.').waitFor();
    await visitor.page.getByRole('figure').last().waitFor();
    await expectSound(visitor);
    await visitor.follow('People');
    await visitor.page.getByRole('table').waitFor();
    await expectSound(visitor);
  });
});

it('sends a person without a second factor to their account', async () => {
  const visitor = await Visitor.arrive(chromium, service, mailbox);
  await visitor.register();
  await visitor.open('/console/');
  await visitor.page.getByRole('heading', { name: 'Add a second factor first' }).waitFor();
  await visitor.follow('Go to your account');
  expect(visitor.path).toBe('/account');
});

it('tells a person without the role that they may not use it', async () => {
  const admin = await newConsoleAdmin(service);
  await service.database.query("UPDATE account SET roles = '{user}' WHERE id = $1", [admin.id]);
  const visitor = await Visitor.arrive(chromium, service, mailbox);
  await visitor.open('/console/people');
  await visitor.signIn(admin.email);
  await visitor.fill('Code', admin.app.code());
  await visitor.press('Continue');
  await visitor.page.getByRole('heading', { name: 'You may not use the console' }).waitFor();
  expect(await visitor.count(`${admin.email} is not an admin.`)).toBe(1);
});

describe('its files', () => {
  it('are one document with a policy of its own for each answer, and scripts that browsers keep', async () => {
    const [first, second] = await Promise.all(
      ['/console', '/console/people/x'].map((path) => fetch(service.url + path)),
    );
    const policies = [first, second].map((answer) => answer?.headers.get('content-security-policy') ?? '');
    const page = (await first?.text()) ?? '';
    const [, script = ''] = /<script async type="module">(.+?)<\/script>/.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(script).toContain('/openid/authorize');
    expect(policies[0]).toContain(`script-src 'self' 'sha256-${hash}'; style-src 'self' 'nonce-`);
    expect(policies[0]).not.toBe(policies[1]);
    expect(policies[0]).not.toContain('unsafe');
    expect(first?.headers.get('cache-control')).toBe('no-store');

    const [path = ''] = /\/console\/assets\/index-[\w-]+\.js/.exec(page) ?? [];
    const asset = await fetch(service.url + path, { headers: { 'accept-encoding': 'br' } });
    expect(asset.status).toBe(200);
    expect(asset.headers.get('content-encoding')).toBe('br');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
  });

  it('do not lead out of their folder', async () => {
    const paths = ['..%2findex.html', '%2e%2e%2findex.html', '..%5cindex.html', 'missing.js', ''];
    const answers = await Promise.all(paths.map((path) => fetch(`${service.url}/console/assets/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 404, 404]);
  });
});
