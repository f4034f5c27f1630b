import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { newEmail } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, authorizationUrl, discover, exchange } from './support/relying-party.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

let service: TestService;
let mailbox: Mailbox;
let chromium: Browser;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  const port = String(await freePort());
  const origin = `http://localhost:${port}`;
  const started = await startTestService({
    PORT: port,
    TOKEN_ISSUER: origin,
    WEBAUTHN_ORIGINS: origin,
    SMTP_URL: mailbox.url,
  });
  service = { ...started, url: origin };
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

/** A person whose device has an authenticator that verifies its owner, with Chromium's virtual one. */
async function newVisitor(): Promise<Visitor> {
  const visitor = await Visitor.arrive(chromium, service, mailbox);
  const devtools = await visitor.page.context().newCDPSession(visitor.page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return visitor;
}

/** Adds a passkey to an account with a password, from its page. */
async function addPasskey(visitor: Visitor, name = 'Passkey'): Promise<void> {
  await visitor.follow('Add a passkey');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Continue');
  await visitor.fill('Name', name);
  await visitor.press('Add a passkey');
  await visitor.page.waitForURL('**/account?done=passkey-added');
}

/** Keeps how a browser is asked for passkeys from now on: its virtual authenticator answers every way alike. */
async function mediations({ page }: Visitor): Promise<unknown[]> {
  const asked: unknown[] = [];
  await page.exposeFunction('keepMediation', (mediation: unknown) => asked.push(mediation));
  await page.addInitScript(`
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (options) => {
      await keepMediation(options.mediation ?? 'modal');
      return get(options);
    };`);
  return asked;
}

it('a passkey is added, signs in by autofill and by one button, and is removed', async () => {
  const visitor = await newVisitor();
  const asked = await mediations(visitor);
  await visitor.register();
  await addPasskey(visitor, 'My laptop');
  expect(await visitor.count('My laptop')).toBe(1);
  await visitor.press('Sign out');
  // the browser suggests it without a click, perhaps before the page has loaded
  await visitor.page.goto('/sign-in?continue=/account/email', { waitUntil: 'commit' });
  await visitor.page.waitForURL(`${service.url}/account/email`);
  expect(asked).toEqual(['conditional']);
  await visitor.open('/sign-out');
  await visitor.press('Sign out');
  // beside an error it suggests nothing, so that the button is what signs in
  await visitor.open('/sign-in/provider/unknown?continue=/account/email');
  expect(await visitor.page.getByLabel('E-mail address').getAttribute('autocomplete')).toBe('username webauthn');
  await visitor.press('Sign in with a passkey');
  await visitor.page.waitForURL(`${service.url}/account/email`);
  expect(asked).toEqual(['conditional', 'modal']);
  await visitor.open('/account');
  const before = await visitor.session();
  await visitor.follow('Remove: My laptop');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Remove');
  expect(visitor.path).toBe('/account?done=passkey-removed');
  expect(await visitor.session()).not.toBe(before);
  await visitor.press('Sign out');
  await visitor.page.goto('/sign-in', { waitUntil: 'commit' });
  await visitor.page.waitForURL('**/sign-in/passkey');
  expect(await visitor.alert()).toMatch(/not known here/);
});

it('a passkey proves more than one factor to an application, in the session that a password has begun', async () => {
  // a page that any origin has
  const redirect_uri = `${service.url}/nothing-here`;
  await addApplication(service, { client_id: 'bank', redirect_uris: [redirect_uri] });
  const bank = await discover(service, 'bank');
  const visitor = await newVisitor();
  await visitor.register();
  const request = async (acr: object) => {
    const claims = JSON.stringify({ id_token: { acr } });
    const { url, ...rest } = await authorizationUrl(bank, { redirect_uri, claims });
    await visitor.open(url.href);
    return { ...rest, url: () => new URL(visitor.page.url()) };
  };
  const unmet = await request({ essential: true, value: 'aal2' });
  expect(unmet.url().searchParams.get('error')).toBe('unmet_authentication_requirements');

  await visitor.open('/account');
  await addPasskey(visitor);
  const before = await visitor.session();
  const asked = await request({ essential: true, value: 'aal2' });
  expect(await visitor.heading()).toBe('Confirm that it is you');
  expect(await visitor.page.getByLabel('Password').count()).toBe(0);
  await visitor.press('Confirm with a passkey');
  await visitor.page.waitForURL('**/nothing-here?**');
  const claims = (await exchange(bank, { ...asked, page: { url: asked.url() } })).claims();
  expect(claims).toMatchObject({ acr: 'aal2', amr: ['hwk', 'mfa', 'pwd', 'user'] });
  expect(await visitor.session()).not.toBe(before);
  const { rows } = await service.database.query('SELECT id FROM session WHERE account_id = $1', [claims?.sub]);
  expect(rows).toEqual([{ id: claims?.['sid'] }]);
});

it('a passkey of another account proves nothing', async () => {
  const visitor = await newVisitor();
  await visitor.register();
  await addPasskey(visitor);
  await visitor.press('Sign out');
  const email = await visitor.register();
  // the page offers passkeys to those who have any, and the browser holds none of this account
  await service.database.query(
    `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, name, transports, synced)
     SELECT gen_random_uuid(), id, 'elsewhere', 'key', 0, 'Phone', '{}', false FROM account WHERE email = $1`,
    [email],
  );
  await service.database.query("UPDATE session SET authenticated_at = now() - interval '1 hour'");
  await visitor.open('/account/delete');
  await visitor.press('Confirm with a passkey');
  await visitor.page.waitForURL('**/sign-in/confirm/passkey');
  expect(await visitor.page.getByRole('alert').filter({ visible: true }).textContent()).toMatch(/not known here/);
});

it('without scripts there is no button for passkeys', async () => {
  const visitor = await Visitor.arrive(chromium, service, mailbox, { javaScriptEnabled: false });
  await visitor.open('/sign-in');
  expect(await visitor.page.getByRole('button').allTextContents()).toEqual(['Sign in']);
});

it('a new account has a passkey and no password, once its e-mail address is confirmed', async () => {
  const visitor = await newVisitor();
  const email = newEmail();
  await visitor.open('/register');
  await visitor.follow('Use a passkey instead of a password');
  await visitor.fill('E-mail address', email);
  await visitor.press('Continue');
  expect(await visitor.heading()).toBe('Confirm your e-mail address');
  const link = await visitor.mailedLink(email, /Confirm your/);
  await visitor.open(link);
  expect(visitor.path).toMatch(/^\/verify-email/);
  await visitor.press('Continue');
  expect(await visitor.heading()).toBe('Your account is ready');
  await visitor.follow('Add a passkey');
  await visitor.press('Continue');
  await visitor.press('Add a passkey');
  await visitor.page.waitForURL('**/account?done=passkey-added');
  expect(await visitor.count('You sign in without a password.')).toBe(1);
  await visitor.press('Sign out');
  await visitor.page.goto('/sign-in', { waitUntil: 'commit' });
  await visitor.page.waitForURL(`${service.url}/account`);
  await visitor.follow('Set a password');
  await visitor.fill('New password', strongPassword);
  await visitor.press('Set a password');
  await visitor.page.waitForURL('**/account?done=password');
});

it.each([
  // the hash of no password
  ['has got a password', "password_hash = 'x'"],
  ['has been opened by another link', 'email_verified_at = now()'],
])('the link of an account that %s meanwhile only confirms the e-mail address', async (_name, change) => {
  const visitor = await newVisitor();
  const email = newEmail();
  await visitor.open('/register/passkey');
  await visitor.fill('E-mail address', email);
  await visitor.press('Continue');
  const link = await visitor.mailedLink(email, /Confirm your/);
  await visitor.open(link);
  await visitor.page.getByRole('button', { name: 'Continue' }).waitFor();
  await service.database.query(`UPDATE account SET ${change} WHERE email = $1`, [email]);
  await visitor.press('Continue');
  expect(await visitor.heading()).toBe('Your e-mail address is confirmed');
  await visitor.open('/account');
  expect(visitor.path).toMatch(/^\/sign-in/);
});

it('a registration reveals no taken e-mail address, and its owner gets a mail', async () => {
  const visitor = await newVisitor();
  const email = await visitor.register();
  await visitor.press('Sign out');
  await visitor.open('/register/passkey');
  await visitor.fill('E-mail address', email);
  await visitor.press('Continue');
  expect(await visitor.heading()).toBe('Confirm your e-mail address');
  await mailbox.expect(email, /already have an account/);
});
