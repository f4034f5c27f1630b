import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { expectSound, newConsoleAdmin, openConsole, startConsoleService } from './support/console.ts';
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

it('checks a file, imports it, downloads the refused lines, and stops an import that another client began', async () => {
  const emails = Array.from({ length: 1200 }, () => newEmail());
  const refused = ['no json', 'x'.repeat(2_000_000)];
  const lines = [...emails.map((email) => JSON.stringify({ email, password_hash: null })), ...refused];
  const file = { name: 'accounts.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.join('\n')) };
  const imported = async () => {
    const { rows } = await service.database.query('SELECT count(*)::int FROM account WHERE email = ANY ($1)', [emails]);
    return rows[0].count as number;
  };
  const admin = await newConsoleAdmin(service);
  const visitor = await openConsole(chromium, service, mailbox, admin, '/console/import', { reducedMotion: 'reduce' });
  const { page } = visitor;
  await page.getByText('There was no import in the last 30 days.').waitFor();
  const confirm = page.getByRole('button', { name: 'Import', exact: true });
  expect(await confirm.isEnabled()).toBe(false);
  await expectSound(visitor);

  await page.getByLabel('File', { exact: true }).setInputFiles(file);
  await page.getByText('Check the file before you import it.').waitFor();
  expect(await confirm.isEnabled()).toBe(false);
  await visitor.press('Check the file');
  const result = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Dry run' }) });
  await result.getByText('Nothing was imported.').waitFor();
  expect(await result.locator('dd').allTextContents()).toEqual(['1,202', '1,200', '0', '2']);
  expect(await imported()).toBe(0);
  await expectSound(visitor);

  await confirm.click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await dialog.getByText('“accounts.ndjson”').waitFor();
  await expectSound(visitor);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  const done = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Import of accounts' }) });
  await done.getByText('Finished').waitFor();
  expect(await imported()).toBe(1200);
  const download = page.waitForEvent('download');
  await done.getByRole('button', { name: 'Download refused lines' }).click();
  expect(await readFile(await (await download).path(), 'utf8')).toBe(
    '"line","reason"\r\n"1201","the line is not a JSON object in UTF-8"\r\n"1202","the line is too long"\r\n',
  );

  await new Client(service.url).call('POST', '/auth/admin/imports', { token: admin.accessToken, body: {} });
  await page.reload();
  const latest = page.getByRole('region', { name: 'Latest imports' });
  await latest.getByText('Running').waitFor();
  await expectSound(visitor);
  await latest.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog', { name: 'Stop' }).getByRole('button', { name: 'Stop', exact: true }).click();
  await latest.getByText('Stopped').waitFor();
});

it('removes the authenticator app of a person', async () => {
  const client = new Client(service.url);
  const person = await newEnrolledAccount(client);
  const { id } = (await client.me(person.accessToken)).body;
  const visitor = await openConsole(
    chromium,
    service,
    mailbox,
    await newConsoleAdmin(service),
    `/console/people/${String(id)}/logins`,
    // a dialog that fades in has too little contrast
    { reducedMotion: 'reduce' },
  );
  const { page } = visitor;
  await visitor.press('Remove the authenticator app');
  const dialog = page.getByRole('dialog', { name: 'Remove the authenticator app' });
  await dialog.getByText('Passkeys stay.').waitFor();
  await expectSound(visitor);
  await dialog.getByRole('button', { name: 'Remove the authenticator app' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect((await client.login(person.email)).body.access_token).toEqual(expect.any(String));
});
