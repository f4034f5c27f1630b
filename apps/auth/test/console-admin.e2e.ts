import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportJWK, generateKeyPair } from 'jose';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as openid from 'openid-client';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client } from './support/client.ts';
import {
  expectSound,
  newConsoleAdmin,
  openConsole,
  startConsoleService,
  type ConsoleAdmin,
} from './support/console.ts';
import { Mailbox } from './support/mailbox.ts';
import { discover } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import type { Visitor } from './support/visitor.ts';

const run = promisify(execFile);

/** Markup that runs if anything but a text node is made of it. */
const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';

let mailbox: Mailbox;
let service: TestService;
let chromium: Browser;
let admin: ConsoleAdmin;
let visitor: Visitor;
let page: Page;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startConsoleService(mailbox);
  chromium = await launchChromium();
  admin = await newConsoleAdmin(service);
  visitor = await openConsole(chromium, service, mailbox, admin);
  ({ page } = visitor);
});
afterAll(() => chromium.close());

const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true });

/** Opens a page by the navigation, which keeps the session: it is in memory alone. */
async function goTo(name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name, exact: true }).click();
  await heading(name).waitFor();
}

/** Opens the dialog of an act, whose name may end with what it acts on. */
async function begin(label: string): Promise<Locator> {
  const name = new RegExp(`^${label}(: |$)`);
  await page.getByRole('button', { name }).first().click();
  const dialog = page.getByRole('dialog', { name });
  await dialog.waitFor();
  return dialog;
}

const confirm = (dialog: Locator, label: string) => dialog.getByRole('button', { name: label, exact: true }).click();

/** Reads the secret that a dialog shows once, and closes it. */
async function secretOf(title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title });
  const secret = await dialog.locator('code, pre').first().textContent();
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await dialog.waitFor({ state: 'hidden' });
  return secret ?? '';
}

it('shows statistics, and what needs attention', async () => {
  await heading('Overview').waitFor();
  await page.getByText('Nothing needs attention.').waitFor();
  const chart = page.getByRole('figure').filter({ hasText: 'Registrations' });
  await chart.getByRole('button', { name: /Show as a table/ }).click();
  expect(await chart.getByRole('row').count()).toBeGreaterThan(20);
  await expectSound(visitor);
});

it('creates a machine, whose snippet gets a token, rotates its secret and deletes it', async () => {
  await goTo('Applications');
  await page.getByRole('link', { name: 'Console' }).waitFor();
  await expectSound(visitor);
  const dialog = await begin('Create an application');
  await dialog.getByRole('radio', { name: 'Machine' }).check();
  await dialog.getByLabel('Name').fill('Robot');
  await dialog.getByLabel('Client ID').fill('robot');
  await dialog.getByLabel('First-party').check();
  await dialog.getByLabel('Scopes').fill('audit:read=read the audit log');
  await expectSound(visitor);
  await confirm(dialog, 'Create an application');
  const secret = await secretOf('The new client secret');
  expect(secret).toMatch(/^cs_/);

  await heading('Robot').waitFor();
  await expectSound(visitor);
  const snippet = (await page.getByText(/^curl --fail/).textContent()) ?? '';
  const { stdout } = await run('sh', ['-c', snippet], { env: { ...process.env, CLIENT_SECRET: secret } });
  expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer', scope: 'audit:read' });

  const rotation = await begin('Rotate the secret');
  await confirm(rotation, 'Rotate the secret');
  expect(await secretOf('The new client secret')).not.toBe(secret);
  await page.getByRole('region', { name: 'Secrets' }).getByRole('row').nth(2).waitFor();

  const deletion = await begin('Delete');
  expect(await deletion.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
  await deletion.getByLabel(/Type “Robot”/).fill('Robot');
  await confirm(deletion, 'Delete');
  await heading('Applications').waitFor();
  await page.getByRole('link', { name: 'Robot' }).waitFor({ state: 'detached' });
});

it('creates a machine with public keys, which gets a token by signing', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const setOf = async (key: typeof publicKey) =>
    JSON.stringify({ keys: [{ ...(await exportJWK(key)), kid: 'first' }] });
  await goTo('Applications');
  const dialog = await begin('Create an application');
  await dialog.getByRole('radio', { name: 'Machine' }).check();
  await dialog.getByLabel('Name').fill('Signer');
  await dialog.getByLabel('Client ID').fill('signer');
  await dialog.getByLabel('First-party').check();
  await dialog.getByLabel('Scopes').fill('audit:read');
  await dialog.getByLabel('Public keys').fill('{');
  expect(await dialog.getByRole('button', { name: 'Create an application' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Public keys').fill(await setOf(privateKey));
  await confirm(dialog, 'Create an application');
  await dialog.getByRole('alert').filter({ hasText: 'must be a public key' }).waitFor();
  await dialog.getByLabel('Public keys').fill(await setOf(publicKey));
  await confirm(dialog, 'Create an application');
  await heading('Signer').waitFor();
  await page.getByText('Signed assertions (private_key_jwt)').waitFor();
  await page.getByText('first, EC').waitFor();
  const signer = await discover(service, 'signer', openid.PrivateKeyJwt({ key: privateKey, kid: 'first' }));
  expect(await openid.clientCredentialsGrant(signer, { scope: 'audit:read' })).toMatchObject({ scope: 'audit:read' });
  await service.database.query("DELETE FROM application WHERE client_id = 'signer'");
});

it('changes a web application, whose name is shown as text even if it is markup', async () => {
  await goTo('Applications');
  const dialog = await begin('Create an application');
  await dialog.getByLabel('Name').fill('Notes');
  await dialog.getByLabel('Redirect URIs').fill('http://example.com/no-tls');
  await confirm(dialog, 'Create an application');
  // a failure stays in the dialog and loses nothing
  await dialog.getByRole('alert').filter({ hasText: 'redirect_uris' }).waitFor();
  await dialog.getByLabel('Redirect URIs').fill('https://notes.example.com/signed-in');
  await confirm(dialog, 'Create an application');
  await secretOf('The new client secret');
  await heading('Notes').waitFor();
  for (const stack of ['Python (Authlib, Flask)', 'Java (Spring Boot)', 'Go (go-oidc, oauth2)']) {
    await page.getByLabel('Language and library').selectOption(stack);
    expect(await page.locator('pre').last().textContent()).toContain(`"${service.url}`);
  }

  await service.database.query("UPDATE application SET name = $1, terms_url = $2 WHERE client_id <> 'console'", [
    markup,
    'javascript:alert(1)',
  ]);
  await page.reload();
  await heading(markup).waitFor();
  expect(await page.locator('a[href^="javascript:"], img, #root script').count()).toBe(0);
  await expectSound(visitor);
  const edit = await begin('Edit');
  await edit.getByLabel('Name').fill('Notes 2');
  await edit.getByLabel('Terms of use').fill('');
  const logo = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  await edit
    .locator('input[type=file]')
    .setInputFiles({ name: 'a.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(logo) });
  await edit.getByRole('img', { name: 'Logo' }).waitFor();
  await edit.getByRole('button', { name: 'Remove' }).press('Enter');
  await edit.getByLabel('Logo', { exact: true }).and(page.locator(':focus')).waitFor();
  await edit
    .locator('input[type=file]')
    .setInputFiles({ name: 'a.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(logo) });
  await edit.getByRole('img', { name: 'Logo' }).waitFor();
  await confirm(edit, 'Edit');
  await heading('Notes 2').waitFor();
  const source = await page.getByRole('img', { name: 'Logo' }).getAttribute('src');
  expect(source).toBe(`data:image/svg+xml;base64,${Buffer.from(logo).toString('base64')}`);
});

it('shows a declared application without ways to change it', async () => {
  await service.database.query('UPDATE application SET declared = true');
  await page.reload();
  await page.getByText('APPLICATIONS_FILE').waitFor();
  expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
  await expectSound(visitor);
});

it('shows who has given an application access, and withdraws it', async () => {
  const { email } = await new Client(service.url).newAccount();
  await service.database.query(
    `INSERT INTO openid_consent (account_id, application_id, permissions)
     SELECT account.id, application.id, '{email,openid}' FROM account, application WHERE email = $1 AND client_id <> 'console'`,
    [email],
  );
  await page.reload();
  const consents = page.getByRole('region', { name: 'Who has given access' });
  await consents.getByRole('link', { name: email }).waitFor();
  await expectSound(visitor);
  await confirm(await begin('Withdraw'), 'Withdraw');
  await page.getByText('Nobody has given it access.').waitFor();
});

it('creates a service account with an API key, rotates and revokes the key, and deletes the account', async () => {
  await goTo('Service accounts');
  const creation = await begin('Create a service account');
  await creation.getByLabel('Name').fill('collector');
  await creation.getByLabel('Scopes').fill('audit:read');
  await confirm(creation, 'Create a service account');
  await heading('collector').waitFor();
  await confirm(await begin('Create an API key'), 'Create an API key');
  const key = await secretOf('The new API key');
  const command = (await page.getByText(/^curl --fail/).textContent()) ?? '';
  const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, API_KEY: key } });
  expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer' });

  const edit = await begin('Edit');
  await edit.getByLabel('Scopes').fill('audit:read\nnotes:read');
  await confirm(edit, 'Edit');
  await page.getByText('notes:read').waitFor();
  await confirm(await begin('Rotate'), 'Rotate');
  expect(await secretOf('The new API key')).not.toBe(key);
  const keys = page.getByRole('region', { name: 'API keys' });
  await keys.getByText('Replaced, still valid').waitFor();
  await expectSound(visitor);
  await confirm(await begin('Revoke'), 'Revoke');
  await keys.getByRole('row').nth(2).waitFor({ state: 'detached' });

  const deletion = await begin('Delete');
  await deletion.getByLabel(/Type “collector”/).fill('collector');
  await confirm(deletion, 'Delete');
  await heading('Service accounts').waitFor();
  await page.getByText('There is no service account yet.').waitFor();
});

it('filters the audit log, follows it and exports it, with a user agent that is markup', async () => {
  const headers = { 'user-agent': markup };
  const fail = () =>
    new Client(service.url).call('POST', '/auth/login', { body: { email: admin.email, password: 'wrong' }, headers });
  await fail();
  await goTo('Audit log');
  await page.getByLabel('Event types').fill('login.failed');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForURL('**/audit?type=login.failed');
  const rows = page.getByRole('region', { name: 'Audit log' }).getByRole('row');
  await rows.nth(1).waitFor();
  expect(await rows.count()).toBe(2);
  await expectSound(visitor);
  await page.getByRole('button', { name: 'login.failed' }).click();
  const dialog = page.getByRole('dialog', { name: 'login.failed' });
  await dialog.getByText(markup).waitFor();
  await expectSound(visitor);
  await dialog.getByRole('button', { name: 'Close' }).click();
  expect(await page.title()).toBe('Audit log');

  await page.getByLabel('Follow new events').check();
  await page.getByText('Nothing has happened yet.').waitFor();
  await fail();
  await page.getByRole('button', { name: 'login.failed' }).waitFor();
  await page.getByLabel('Follow new events').uncheck();

  const exportDialog = await begin('Export');
  const download = page.waitForEvent('download');
  await confirm(exportDialog, 'Export');
  expect((await download).suggestedFilename()).toBe('audit.csv');
  expect(await readFile(await (await download).path(), 'utf8')).toMatch(/^"id",[^]*login\.failed/);
});

it('sends a mail that has failed again, and shows what mails look like', async () => {
  await service.database.query(`
    INSERT INTO mail (id, recipient, template, locale, variables, next_attempt_at, failed_at, last_error)
    VALUES (gen_random_uuid(), 'ada@example.com', 'invitation', 'en', '', now(), now(), '550 no such mailbox')`);
  await goTo('Overview');
  await page.getByRole('link', { name: 'E-mails could not be delivered' }).click();
  await heading('Mail').waitFor();
  await page.getByText('550 no such mailbox').waitFor();
  const frame = page.frameLocator('iframe');
  const button = frame.getByRole('link').first();
  await button.waitFor();
  expect(await button.evaluate((element) => String(element.computedStyleMap().get('display')))).toBe('inline-block');
  await confirm(await begin('Send again'), 'Send again');
  await page.getByText('There are no such e-mails.').waitFor();
  const template = page.getByLabel('E-mail', { exact: true });
  for (const language of ['Deutsch', 'Français']) {
    await page.getByLabel('Language').last().selectOption(language);
    for (const value of await template.locator('option').allTextContents()) {
      await template.selectOption(value);
      await page.getByText(/^Subject: ./).waitFor();
    }
  }
  await expectSound(visitor);
});

it('keeps all fields that a program fills in at once, and gives them to no spell checker or translator', async () => {
  await goTo('Audit log');
  const fields = page.getByRole('search').locator('input:not([type=datetime-local])');
  const values = ['login.failed', 'an account', 'an actor', 'a subject'];
  await expect.poll(() => fields.count()).toBe(values.length);
  const inputs = `[...document.querySelectorAll('[role=search] input:not([type=datetime-local])')]`;
  await page.evaluate(`for (const [i, input] of ${inputs}.entries()) {
    input.value = ${JSON.stringify(values)}[i];
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }`);
  const found = await page.evaluate(`${inputs}.map(({ value, spellcheck }) => ({ value, spellcheck }))`);
  expect(found).toEqual(values.map((value) => ({ value, spellcheck: false })));
  // a translator replaces texts that the page changes later
  expect(await page.locator('html').getAttribute('translate')).toBe('no');
});

it('rotates the signing keys and shows the settings without secrets', async () => {
  await goTo('Signing keys');
  await page.getByText('Signs now').first().waitFor();
  await confirm(await begin('Rotate the keys'), 'Rotate the keys');
  await page.getByText('Published, will sign next').first().waitFor();
  await expectSound(visitor);

  await goTo('Settings');
  await page.getByLabel('Search').fill('SMTP_URL');
  await page.getByText('Set, not shown').waitFor();
  expect(await page.content()).not.toContain('auth:secret');
  await expectSound(visitor);
});

it('creates a webhook, tests it and shows its deliveries, with a description that is markup', async () => {
  await goTo('Webhooks');
  const dialog = await begin('Create a webhook');
  await dialog.getByLabel('URL').fill('https://crm.example.com/hooks');
  await dialog.getByLabel('Description').fill('CRM');
  await dialog.getByLabel('account.created', { exact: true }).check();
  await expectSound(visitor);
  await confirm(dialog, 'Create a webhook');
  const secret = await secretOf('The new secret of the webhook');
  expect(secret).toMatch(/^whsec_/);
  await heading('CRM').waitFor();
  await confirm(await begin('Send a test'), 'Send a test');
  await page.getByText('Waiting', { exact: true }).click();
  await page.getByRole('region', { name: 'Deliveries' }).getByText('webhook.test').waitFor();
  await service.database.query("UPDATE webhook_delivery SET state = 'failed', finished_at = now()");
  await goTo('Overview');
  await page.getByRole('link', { name: 'Messages to a webhook were given up' }).click();
  await page.getByRole('link', { name: 'CRM' }).click();
  await heading('CRM').waitFor();
  await service.database.query('UPDATE webhook_endpoint SET description = $1', [markup]);
  await page.reload();
  await heading(markup).waitFor();
  expect(await page.locator('img, #root script').count()).toBe(0);
  await expectSound(visitor);
  await confirm(await begin('Rotate the secret'), 'Rotate the secret');
  expect(await secretOf('The new secret of the webhook')).not.toBe(secret);
});
