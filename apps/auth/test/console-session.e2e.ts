import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { expectSound, newConsoleAdmin, openConsole, phone, startConsoleService } from './support/console.ts';
import { Mailbox } from './support/mailbox.ts';
import type { TestService } from './support/service.ts';

let mailbox: Mailbox;
let service: TestService;
let chromium: Browser;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startConsoleService(mailbox);
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

async function newPerson(url: string): Promise<string> {
  const email = newEmail();
  await new Client(url).register(email);
  return email;
}

/** Opens the page of a person from the list. */
async function openPerson(page: Page, email: string, section: string): Promise<void> {
  await page.getByRole('link', { name: email }).click();
  await page.getByRole('link', { name: section, exact: true }).click();
}

it('signs in without leaving the page while the session suffices, and leaves neither code nor token behind', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin, '/console/people?q=nobody');
  expect(page.url()).toBe(`${service.url}/console/people?q=nobody`);
  const visited: string[] = [];
  page.on('framenavigated', (frame) => visited.push(frame.url()));
  const codes: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('code=')) {
      codes.push(request.resourceType());
    }
  });
  await page.goto('/console/signing-keys');
  await page.getByText('Signs now').first().waitFor();
  expect(codes).toEqual(['fetch']);
  expect(visited).toEqual([`${service.url}/console/signing-keys`]);
  expect(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])')).toBe('[{},{}]');
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  expect(page.url()).toBe(`${service.url}/console/people?q=nobody`);
});

it('says so when the provider fails or refuses, and tries again', async () => {
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin);
  const { page } = visitor;
  const isFailing = '**/openid/authorize?*';
  for (const answer of [undefined, { status: 503, json: { code: 'overloaded' } }]) {
    await page.route(isFailing, (route) => (answer ? route.fulfill(answer) : route.abort()));
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'The console can’t be opened now' }).waitFor();
    await expectSound(visitor);
    await page.unroute(isFailing);
    await visitor.press('Try again');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  }
  // an answer to another request
  await page.route(isFailing, (route) =>
    route.continue({
      url: route
        .request()
        .url()
        .replace(/state=[^&]+/, 'state=forged'),
    }),
  );
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'The sign-in failed' }).waitFor();
  await page.unroute(isFailing);
  await visitor.press('Try again');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(visitor.path).toBe('/console/');
});

it('signs in with another code if the first one expires while scripts are loaded', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin);
  let exchanges = 0;
  await page.route('**/openid/token', async (route) => {
    exchanges += 1;
    const body = route.request().postDataJSON() as Record<string, string>;
    // a code that the provider does not know, as an expired one is
    const postData = new URLSearchParams(exchanges === 1 ? { ...body, code: 'expired' } : body).toString();
    await route.continue({ postData });
  });
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(exchanges).toBe(2);
});

it.each([2, -2])('signs in with a clock that is wrong by %i hours', async (hours) => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin);
  await page.clock.setSystemTime(Date.now() + hours * 3_600_000);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
});

it('shows its navigation while the rest loads, and says so if that fails', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin);
  await page.route('**/assets/content-*.js', (route) => route.abort());
  await page.reload();
  await page.getByText('This page could not be loaded.').waitFor();
  await page.getByRole('link', { name: 'Audit log', exact: true }).click();
  await page.waitForURL('**/console/audit');
});

it('says so when a page can not be loaded, and logs why', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin);
  const logged: string[] = [];
  page.on('console', (message) => logged.push(message.text()));
  await page.route('**/assets/applications-*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Applications', exact: true }).click();
  await page.getByText('The service can’t be reached.').waitFor();
  expect(logged.join()).toContain('dynamically imported module');
});

it('asks for another proof when the last one is too old, comes back to the page, and then acts', async () => {
  const maxAgeSeconds = 40;
  const strict = await startConsoleService(mailbox, { STEP_UP_MAX_AGE_SECONDS: String(maxAgeSeconds) });
  const email = await newPerson(strict.url);
  const admin = await newConsoleAdmin(strict);
  const visitor = await openConsole(chromium, strict, mailbox, admin, `/console/people?q=${email}`);
  const { page } = visitor;
  await openPerson(page, email, 'Status');
  const disable = async () => {
    await visitor.press('Disable');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  };
  const { path } = visitor;
  await page.waitForTimeout(maxAgeSeconds * 1000);
  await disable();
  await page.getByRole('alert').getByText('what you have typed is lost').waitFor();
  await expectSound(visitor);

  await visitor.press('Confirm');
  await page.getByLabel('Code', { exact: true }).waitFor();
  await visitor.fill('Code', admin.app.code());
  await visitor.press('Continue');
  await page.getByText('The owner can log in.').waitFor();
  expect(visitor.path).toBe(path);
  await disable();
  await page.getByText('Disabled since').waitFor();
  await page.getByRole('status').getByText('Done: Disable').waitFor();
});

it('keeps what it has loaded and typed when a call fails, and says so', async () => {
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin, '/console/signing-keys');
  const { page } = visitor;
  const key = page.getByText('Signs now').first();
  await key.waitFor();
  await page.route('**/auth/keys/rotate', (route) => route.abort());
  await visitor.press('Rotate the keys');
  const dialog = page.getByRole('dialog', { name: 'Rotate the keys' });
  const button = dialog.getByRole('button', { name: 'Rotate the keys' });
  await button.click();
  await dialog.getByRole('alert').waitFor();
  await button.and(page.locator(':focus')).waitFor();

  await page.unroute('**/auth/keys/rotate');
  await page.route('**/auth/admin/signing-keys', (route) => route.abort());
  await button.click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('alert').getByText('The service can’t be reached.').waitFor();
  expect(await key.isVisible()).toBe(true);
  await page.unroute('**/auth/admin/signing-keys');
  await visitor.press('Try again');
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

it('keeps a dialog open while its act runs, so that nothing runs twice', async () => {
  const email = await newPerson(service.url);
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin, `/console/people?q=${email}`);
  const { page } = visitor;
  await openPerson(page, email, 'Status');
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  let calls = 0;
  await page.route('**/disable', async (route) => {
    calls += 1;
    await held;
    await route.continue();
  });
  await visitor.press('Disable');
  const dialog = page.getByRole('dialog', { name: 'Disable' });
  // two clicks before the page has changed
  await dialog.getByRole('button', { name: 'Disable' }).evaluate((button: { click: () => void }) => {
    button.click();
    button.click();
  });
  await dialog.getByRole('button', { name: 'Cancel' }).and(page.locator(':disabled')).waitFor();
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await dialog.getByRole('button', { name: 'Close' }).click();
  release(undefined);
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('Disabled since').waitFor();
  expect(calls).toBe(1);
});

it('renews no token once the last proof is older than four hours', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin, '/console/signing-keys');
  await page.getByText('Signs now').first().waitFor();
  const grants: (string | null)[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/openid/token')) {
      grants.push(new URLSearchParams(request.postData() ?? '').get('grant_type'));
    }
  });
  await page.evaluate('{ const { now } = Date; Date.now = () => now() + 5 * 3_600_000 }');
  const expired = { code: 'token_expired', title: 'The token has expired', status: 401 };
  await page.route('**/auth/admin/applications', (route) => route.fulfill({ status: 401, json: expired }), {
    times: 1,
  });
  await page.getByRole('link', { name: 'Applications', exact: true }).click();
  await page.getByRole('link', { name: 'Console', exact: true }).waitFor();
  expect(grants).toEqual(['authorization_code']);
});

it('tells an admin who has lost the role meanwhile', async () => {
  const admin = await newConsoleAdmin(service);
  const { page } = await openConsole(chromium, service, mailbox, admin);
  await page.getByText('Nothing needs attention.').waitFor();
  await service.database.query("UPDATE account SET roles = '{user}' WHERE id = $1", [admin.id]);
  await page.getByRole('link', { name: 'Applications', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'You may not use the console' }).waitFor();
});

it('has a navigation on a phone that the keyboard opens, and that is out of its way while closed', async () => {
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin, '/console/settings');
  const { page } = visitor;
  await page.getByLabel('Language').selectOption('Deutsch');
  await page.setViewportSize(phone);
  await page.getByRole('heading', { level: 1, name: 'Einstellungen' }).waitFor();
  await page.getByText('STEP_UP_MAX_AGE_SECONDS').waitFor();
  await expectSound(visitor);

  await page.getByRole('button', { name: 'Menü' }).focus();
  await page.keyboard.press('Tab');
  await page.getByLabel('Suchen').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const first = page.getByRole('link', { name: 'Übersicht' });
  await first.and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
  await first.waitFor({ state: 'hidden' });
});
