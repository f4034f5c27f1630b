import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { expectSound, newConsoleAdmin, openConsole, startConsoleService } from './support/console.ts';
import { Mailbox } from './support/mailbox.ts';
import { markup, personWithMarkup } from './support/person-with-markup.ts';
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

/** Accounts whose e-mail addresses begin alike, and those of nobody else do. */
async function newAccounts(count: number): Promise<{ prefix: string; emails: string[] }> {
  const prefix = newEmail().slice(0, -'@example.com'.length);
  const emails = Array.from({ length: count }, (_, index) => `${prefix}-${index}@example.com`);
  await Promise.all(emails.map((email) => new Client(service.url).register(email)));
  return { prefix, emails };
}

const dialogOf = (page: Page) => page.getByRole('dialog');

/** A dialog that opens takes the focus. */
const dialogHasFocus = (page: Page) => dialogOf(page).locator(':focus').waitFor();

/** Presses a button of the open dialog by keyboard. */
async function confirm(page: Page, name: string): Promise<void> {
  await dialogHasFocus(page);
  const button = dialogOf(page).getByRole('button', { name, exact: true });
  for (let presses = 0; presses < 10; presses += 1) {
    if (await button.evaluate((element) => element === element.ownerDocument.activeElement)) {
      await page.keyboard.press('Enter');
      return dialogOf(page).waitFor({ state: 'hidden' });
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`by keyboard “${name}” is out of reach`);
}

it('finds a person as one types, and disables, enables and erases them by keyboard alone', async () => {
  const { emails } = await newAccounts(2);
  const [email = '', other = ''] = emails;
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin, '/console/people', { keyboardOnly: true });
  const { page } = visitor;
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();

  await visitor.fill('Name or e-mail address', email.slice(0, -'0@example.com'.length));
  await page.getByRole('link', { name: other }).waitFor();
  await visitor.fill('Name or e-mail address', email);
  await page.getByRole('link', { name: email }).waitFor();
  await page.getByRole('link', { name: other }).waitFor({ state: 'hidden' });
  // the search is in the URL
  expect(visitor.path).toBe(`/console/people?${new URLSearchParams({ q: email }).toString()}`);
  await expectSound(visitor);

  await visitor.follow(email);
  await page.getByRole('heading', { level: 1, name: email }).waitFor();
  await visitor.follow('Status');
  await page.getByText('The owner can log in.').waitFor();
  await visitor.press('Disable');
  await dialogOf(page).waitFor();
  await expectSound(visitor);
  await confirm(page, 'Disable');
  await page.getByText('Disabled since').waitFor();
  expect((await new Client(service.url).login(email)).status).toBe(401);
  await visitor.press('Enable');
  await confirm(page, 'Enable');
  await page.getByText('The owner can log in.').waitFor();
  expect((await new Client(service.url).login(email)).status).toBe(200);

  await visitor.follow('Data');
  await visitor.press('Erase account');
  await dialogHasFocus(page);
  await page.keyboard.type(email);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  expect((await service.database.query('SELECT 1 FROM account WHERE email = $1', [email])).rows).toEqual([]);
});

describe('several people', () => {
  it('are disabled together, and those it fails for stay selected', async () => {
    const { prefix, emails } = await newAccounts(6);
    const [lost = ''] = emails;
    const { rows } = await service.database.query<{ id: string }>('SELECT id FROM account WHERE email = $1', [lost]);
    const admin = await newConsoleAdmin(service);
    const visitor = await openConsole(chromium, service, mailbox, admin, `/console/people?q=${prefix}`);
    const { page } = visitor;
    await page.getByLabel('Select all shown').check();
    await page.route(`**/${rows[0]?.id ?? ''}/disable`, (route) => route.abort());

    await page.getByRole('button', { name: 'Disable (6)' }).click();
    await dialogOf(page).getByRole('button', { name: 'Disable' }).click();
    await page.getByText('They stay selected.').waitFor();
    expect(await dialogOf(page).getByRole('listitem').allTextContents()).toEqual([
      `${lost}: The service can’t be reached. Check your connection.`,
    ]);
    await expectSound(visitor);
    await dialogOf(page).getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Disable (1)' }).waitFor();
    expect(await page.getByLabel(`Select ${lost}`).isChecked()).toBe(true);

    const disabled =
      'SELECT count(*)::int AS count FROM account WHERE starts_with(email, $1) AND disabled_at IS NOT NULL';
    expect((await service.database.query(disabled, [prefix])).rows).toEqual([{ count: 5 }]);

    await page.unroute(`**/${rows[0]?.id ?? ''}/disable`);
    await page.getByRole('button', { name: 'Disable (1)' }).press('Enter');
    await dialogOf(page).getByRole('button', { name: 'Disable' }).press('Enter');
    // its button is disabled, so the focus can't return to it
    await page.getByRole('button', { name: 'Disable', exact: true }).and(page.locator(':disabled')).waitFor();
    await page.locator('h1:focus').waitFor();
  });
});

it('shows the markup that others have written as text, in each section of a sound page', async () => {
  const admin = await newConsoleAdmin(service);
  const { id, email } = await personWithMarkup(service, admin);
  const visitor = await openConsole(chromium, service, mailbox, admin, `/console/people?q=${email}`);
  const { page } = visitor;
  await page.getByRole('cell', { name: markup }).waitFor();

  // what each section shows, and how often the markup is in it and above it
  const sections = {
    '': ['Public metadata', 2],
    logins: ['Synced', 2],
    sessions: ['Device', 2],
    status: ['Rate limits', 1],
    applications: ['Permissions', 2],
    // the user agent is in the dialog of an event
    timeline: ['Actor', 1],
    data: ['Erasure', 1],
  } as const;
  for (const [section, [text, count]] of Object.entries(sections)) {
    await page.goto(`/console/people/${id}/${section}`);
    await page.getByText(text, { exact: true }).waitFor();
    expect([section, await page.getByText(markup, { exact: true }).count()]).toEqual([section, count]);
    await expectSound(visitor);
    expect(await page.evaluate('[globalThis.attacked, document.images.length]')).toEqual([undefined, 0]);
  }
});
