import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { locales } from '../src/texts/index.ts';
import { blockedBy, violations, watchPolicy } from './support/accessibility.ts';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { launchChromium } from './support/chromium.ts';
import { Client, newAdmin } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, authorizationUrl, discover } from './support/relying-party.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

const maxBytes = 60 * 1024;
/** The largest that the settings accept. */
const logoBytes = 20 * 1024;
const minPasswordLength = 12;
const desktop = { width: 1280, height: 800 };
/** WCAG 2.2 §1.4.10 Reflow. */
const phone = { width: 320, height: 640 };

/** Where `make screenshots` wants a picture of each page. */
const pictures = process.env['SCREENSHOTS'];

/** A provider that nobody calls. */
const provider = (issuer: string, id: string, name: string) => ({
  id,
  name,
  issuer: `https://${id}.example.com`,
  client_id: 'test',
  redirect_uris: [`${issuer}/sign-in/provider/${id}/callback`],
});

let folder: string;
let service: TestService;
let mailbox: Mailbox;
let chromium: Browser;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  folder = await mkdtemp(join(tmpdir(), 'look-'));
  const logo = join(folder, 'logo.svg');
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"></svg>';
  await writeFile(logo, svg.padEnd(logoBytes));
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  const started = await startTestService({
    PORT: port,
    TOKEN_ISSUER: issuer,
    WEBAUTHN_ORIGINS: issuer,
    SMTP_URL: mailbox.url,
    TERMS_URL: 'https://example.com/terms',
    PRIVACY_URL: 'https://example.com/privacy',
    PASSWORD_MIN_LENGTH: String(minPasswordLength),
    // the README's pictures show the name
    ...(pictures === undefined && { BRAND_LOGO_FILE: logo }),
    OIDC_PROVIDERS: JSON.stringify([provider(issuer, 'google', 'Google'), provider(issuer, 'other', 'Other')]),
  });
  service = { ...started, url: issuer };
  chromium = await launchChromium();
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true });
  }
});
afterAll(async () => {
  await chromium.close();
  await rm(folder, { recursive: true });
});

/** One in whose browser every page keeps what its policy has blocked (CSP Level 3 §5). */
async function newVisitor(): Promise<Visitor> {
  const visitor = await Visitor.arrive(chromium, service, mailbox);
  await watchPolicy(visitor.page);
  return visitor;
}

/** Names that several links or buttons of the page have: who hears them, or speaks to the page, can't tell them apart. */
async function sharedNames(page: Page): Promise<string[]> {
  const names: string[] = await page.evaluate(`[...document.querySelectorAll('main a, main button')]
    .filter((one) => one.checkVisibility())
    .map((one) => one.ariaLabel ?? one.textContent.trim())`);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

const passwordRules = `minlength: ${String(minPasswordLength)}; maxlength: 128;`;
/** What password managers put into each field (WCAG 2.2 §1.3.5). */
const purposes: Readonly<Record<string, string>> = {
  email: 'username',
  username: 'username',
  new_email: 'email',
  password: 'current-password',
  new_password: `new-password ${passwordRules}`,
  code: 'one-time-code',
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  picture: 'photo',
  user_code: 'off',
};
const purposesOn: Readonly<Record<string, Record<string, string>>> = {
  // where browsers suggest passkeys too
  '/sign-in': { email: 'username webauthn' },
  // the name of a passkey
  '/account/passkeys/add': { name: 'off' },
};

/** Fields that tell password managers something else than what they are for, or generators other rules than those that hold. */
async function unfillable(page: Page): Promise<string[]> {
  const fields: [string, string][] =
    await page.evaluate(`[...document.querySelectorAll('main input:not([type=hidden])')]
    .map((one) => [one.name, [one.autocomplete, one.getAttribute('passwordrules') ?? []].flat().join(' ')])`);
  const expected = { ...purposes, ...purposesOn[new URL(page.url()).pathname] };
  return fields.filter(([name, purpose]) => purpose !== expected[name]).map((field) => field.join(': '));
}

/** Bytes of the page and of all that it has loaded, uncompressed. */
const weight = (page: Page): Promise<number> =>
  page.evaluate(`[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`);

/** How far the page has moved since it was first drawn (Layout Instability API). */
const shift = (page: Page): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    const add = (list) => list.getEntries().forEach(({ value }) => (sum += value));
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
    // what is buffered comes before the frame after the next one
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))));
  })`);

/** Looks at the current page in all ways that people do. */
async function look({ page }: Visitor, name: string): Promise<void> {
  await page.waitForLoadState();
  expect([name, await shift(page), await blockedBy(page)]).toEqual([name, 0, []]);
  const bytes = await weight(page);
  expect([name, bytes > 1000, bytes < maxBytes]).toEqual([name, true, true]);
  for (const [colorScheme, viewport, kind] of [
    ['light', desktop, 'light'],
    ['dark', desktop, 'dark'],
    ['light', phone, 'phone'],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    expect([name, kind, await violations(page, kind === 'dark' ? 'colors' : 'all')]).toEqual([name, kind, []]);
    expect([name, kind, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([
      name,
      kind,
      viewport.width,
    ]);
    if (pictures !== undefined) {
      await page.screenshot({ path: `${pictures}/${name}-${kind}.png`, fullPage: true });
    }
  }
  await page.setViewportSize(desktop);
  expect([name, await sharedNames(page), await unfillable(page)]).toEqual([name, [], []]);
}

/** Gives an account a provider, another device, and an application that has access. */
async function connect(email: string, client_id: string): Promise<void> {
  await service.database.query(
    `INSERT INTO external_identity (id, account_id, provider, issuer, subject, email)
     SELECT gen_random_uuid(), id, 'google', 'https://google.example.com', email, email FROM account WHERE email = $1`,
    [email],
  );
  // another device
  await new Client(service.url).newSession(email);
  const applicationId = await addApplication(service, { client_id, first_party: false });
  await service.database.query(
    `INSERT INTO openid_consent (account_id, application_id, permissions)
     SELECT id, $2, '{openid,email,notes:read}' FROM account WHERE email = $1`,
    [email, applicationId],
  );
}

/** Which pages are wider than a phone, and in which language. */
async function tooWide({ page }: Visitor, paths: string[]): Promise<string[]> {
  await page.setViewportSize(phone);
  const wide: string[] = [];
  for (const locale of [...locales.filter((other) => other !== 'en'), 'en']) {
    // one decides on pages of an account, the other one elsewhere
    await service.database.query('UPDATE account SET locale = $1', [locale]);
    await page.context().addCookies([{ name: 'locale', value: locale, url: service.url }]);
    for (const path of paths) {
      await page.goto(path);
      expect([path, await page.locator('html').getAttribute('lang')]).toEqual([path, locale]);
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      wide.push(...(width > phone.width ? [`${path} in ${locale}: ${String(width)}`] : []));
    }
  }
  await page.setViewportSize(desktop);
  return wide;
}

const publicPages = [
  ...['/sign-in', '/sign-in/link', '/sign-in/verification', '/register', '/register/passkey', '/forgot-password'],
  ...['/reset-password', '/openid/device', '/nothing-here'],
];
const accountPages = [
  ...['/account', '/account/welcome', '/account/profile', '/account/password', '/account/email'],
  ...['/account/authenticator', '/account/authenticator/remove', '/account/recovery-codes', '/account/passkeys/add'],
  ...['/account/providers/other/link', '/account/applications', '/account/delete', '/sign-in/confirm', '/sign-out'],
];

it('every page is accessible, fits a phone, and is light', async () => {
  const visitor = await newVisitor();
  const { page } = visitor;

  await visitor.open('/sign-in');
  await look(visitor, 'sign-in');
  for (const [name, path] of [
    ['Terms of use', 'terms'],
    ['Privacy', 'privacy'],
  ] as const) {
    const link = page.getByRole('link', { name, exact: true });
    expect(await link.getAttribute('href')).toBe(`https://example.com/${path}`);
  }
  await visitor.signIn('nobody@example.com', 'not-the-password');
  await look(visitor, 'sign-in-refused');
  await visitor.open('/sign-in/link');
  await look(visitor, 'sign-in-link');
  await visitor.fill('E-mail address', 'nobody@example.com');
  await visitor.press('Send link');
  await look(visitor, 'link-sent');
  await visitor.open('/forgot-password');
  await look(visitor, 'forgot-password');
  await visitor.open('/reset-password');
  await look(visitor, 'link-incomplete');
  await visitor.open('/register');
  await look(visitor, 'register');
  await page.evaluate('document.forms[0].noValidate = true');
  await visitor.press('Create account');
  await look(visitor, 'register-refused');
  const email = await visitor.register('ada@example.com');
  await look(visitor, 'account');
  await visitor.open(await visitor.mailedLink(email, /Confirm your/));
  await look(visitor, 'verify-email');
  await visitor.press('Confirm');
  await look(visitor, 'email-verified');
  await visitor.open('/account/profile');
  await look(visitor, 'profile');
  await visitor.fill('Full name', 'Ada King, Countess of Lovelace');
  await visitor.fill('URL of a picture', 'http://example.com/');
  await visitor.press('Save');
  await look(visitor, 'profile-refused');
  await visitor.fill('URL of a picture', '');
  await visitor.press('Save');
  await look(visitor, 'account-with-profile');
  await visitor.open('/account/password');
  await look(visitor, 'change-password');
  await visitor.open('/account/email');
  await look(visitor, 'change-email');
  await visitor.open('/account/delete');
  await look(visitor, 'delete-account');
  await visitor.open('/account/authenticator');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Set up');
  await look(visitor, 'authenticator');
  const secret = (await page.locator('code').textContent()) ?? '';
  const app = new AuthenticatorApp(`otpauth://totp/test?secret=${secret}`);
  await visitor.fill('Code', app.wrongCode());
  await visitor.press('Turn on');
  await look(visitor, 'authenticator-refused');
  await visitor.fill('Code', app.code());
  await visitor.press('Turn on');
  await look(visitor, 'recovery-codes');
  await visitor.follow('I have saved the codes');
  await look(visitor, 'account-protected');
  await visitor.open('/account/recovery-codes');
  await look(visitor, 'new-recovery-codes');
  await service.database.query("UPDATE session SET authenticated_at = now() - interval '1 hour'");
  await visitor.open('/account/authenticator/remove');
  await look(visitor, 'confirm');
  await visitor.open('/sign-out');
  await look(visitor, 'sign-out');
  await visitor.press('Sign out');
  await look(visitor, 'signed-out');
  await visitor.open('/sign-in');
  await visitor.signIn(email);
  await look(visitor, 'second-factor');
  await visitor.fill('Code', app.wrongCode());
  await visitor.press('Continue');
  await look(visitor, 'second-factor-refused');

  const account = await new Client(service.url).newAccount();
  await new Client(service.url).call('POST', '/auth/password-reset', { body: { email: account.email } });
  await visitor.open(await visitor.mailedLink(account.email, /new password/));
  await look(visitor, 'reset-password');
}, 600_000);

it('so are those about providers, applications, passkeys and devices', async () => {
  const visitor = await newVisitor();
  const email = await visitor.register('grace@example.com');
  await connect(email, 'Notes');
  await visitor.open('/account');
  await look(visitor, 'account-linked');
  await visitor.follow('Link: Other');
  await look(visitor, 'link-provider');
  await visitor.open('/account');
  await visitor.follow('Remove: Google');
  await look(visitor, 'unlink-provider');
  await visitor.open('/account/applications');
  await look(visitor, 'applications');
  await visitor.press('Withdraw access: Notes');
  await look(visitor, 'applications-none');
  await visitor.open('/account');
  await visitor.press('Sign out');
  await visitor.open('/register/passkey');
  await look(visitor, 'register-passkey');
  await visitor.fill('E-mail address', 'joan@example.com');
  await visitor.press('Continue');
  await look(visitor, 'registered');
  await visitor.open(await visitor.mailedLink('joan@example.com', /Confirm your/));
  await look(visitor, 'open-account');
  await visitor.press('Continue');
  await look(visitor, 'welcome');
  await visitor.open('/openid/device');
  await look(visitor, 'device');
  await visitor.fill('Code', 'BBBB-BBBB');
  await visitor.press('Continue');
  await look(visitor, 'device-refused');
}, 600_000);

it('so are those of the OpenID provider', async () => {
  const visitor = await newVisitor();
  await visitor.register('mary@example.com');
  await addApplication(service, { client_id: 'Diary', first_party: false, scopes: ['diary:read'] });
  const { url } = await authorizationUrl(await discover(service, 'Diary'), { scope: 'openid email diary:read' });
  await visitor.open(url.href);
  await look(visitor, 'consent');
  await addApplication(service, { client_id: 'Television', kind: 'native', redirect_uris: ['com.example.tv:/done'] });
  const television = await discover(service, 'Television', openid.None());
  const { user_code } = await openid.initiateDeviceAuthorization(television, { scope: 'openid' });
  await visitor.open('/openid/device');
  await visitor.fill('Code', user_code);
  await visitor.press('Continue');
  await look(visitor, 'device-confirm');
  await visitor.press('Continue');
  await visitor.press('Allow');
  await visitor.page.getByText('Your device is connected').waitFor();
  await look(visitor, 'device-connected');
  await visitor.open('/openid/interactions/expired');
  expect(await visitor.alert()).toMatch(/request of the application has expired/);
  await look(visitor, 'interaction-expired');
  await visitor.open('/openid/authorize?client_id=unknown');
  await look(visitor, 'openid-error');
  await visitor.open('/openid/logout');
  await look(visitor, 'openid-sign-out');
  await visitor.press('Sign out');
  await look(visitor, 'openid-signed-out');
  const applicationId = await addApplication(service, { client_id: 'Gallery' });
  // as light as a colour may be
  await service.database.query("UPDATE application SET brand_color = '#707070' WHERE id = $1", [applicationId]);
  await visitor.open((await authorizationUrl(await discover(service, 'Gallery'))).url.href);
  await look(visitor, 'sign-in-in-color');
}, 600_000);

it('so are those that people see seldom', async () => {
  const visitor = await newVisitor();
  const email = await visitor.register('rosa@example.com');
  await visitor.open('/nothing-here');
  await look(visitor, 'not-found');
  await visitor.open('/account/passkeys/add');
  await look(visitor, 'add-passkey');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Continue');
  await look(visitor, 'create-passkey');
  await service.database.query(
    `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, name, transports, synced)
     SELECT gen_random_uuid(), id, 'id', 'key', 0, 'Phone', '{}', false FROM account WHERE email = $1`,
    [email],
  );
  await visitor.open('/account');
  await look(visitor, 'account-passkey');
  await visitor.follow('Remove: Phone');
  await look(visitor, 'remove-passkey');
  await service.database.query("UPDATE session SET authenticated_at = now() - interval '1 hour'");
  await visitor.open('/account/delete');
  await look(visitor, 'confirm-by-passkey');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Continue');
  await visitor.open('/account/email');
  await visitor.fill('New e-mail address', 'rose@example.com');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Send link to the new address');
  await look(visitor, 'email-change-sent');
  await visitor.open(await visitor.mailedLink('rose@example.com', /Confirm your new/));
  await look(visitor, 'confirm-email');
  await new Client(service.url).call('POST', '/auth/magic-link', { body: { email } });
  await visitor.open(await visitor.mailedLink(email, /link to sign in/));
  await look(visitor, 'magic-link');
  const { accessToken: token } = await newAdmin(service);
  await new Client(service.url).call('POST', '/auth/admin/invitations', { token, body: { email: 'ines@example.com' } });
  const invitation = await visitor.mailedLink('ines@example.com', /invited/);
  await visitor.open(invitation);
  await look(visitor, 'accept-invitation');
  await visitor.fill('New password', strongPassword);
  await visitor.press('Set password');
  await visitor.open(invitation);
  await look(visitor, 'link-useless');
  await visitor.open('/sign-in/verification');
  await look(visitor, 'send-verification');
  await visitor.open('/account/delete');
  await visitor.page.evaluate("document.getElementsByName('account')[0].value = 'another'");
  await visitor.press('Delete for good');
  await look(visitor, 'other-account');
  await visitor.open('/account/delete');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Delete for good');
  await look(visitor, 'account-deleted');
  await holdLimits(service);
  for (let attempts = 0; attempts < service.config.LOGIN_ACCOUNT_BURST; attempts += 1) {
    await new Client(service.url).login('busy@example.com');
  }
  await visitor.open('/sign-in');
  await visitor.signIn('busy@example.com');
  await look(visitor, 'too-many-attempts');
}, 600_000);

it('every page fits a phone in every language', async () => {
  const visitor = await newVisitor();
  expect(await tooWide(visitor, publicPages)).toEqual([]);
  const email = await visitor.register('emmy@example.com');
  await connect(email, 'Journal');
  const wide = await tooWide(visitor, accountPages);
  await addApplication(service, { client_id: 'Album', first_party: false });
  const { url } = await authorizationUrl(await discover(service, 'Album'));
  await visitor.open(url.href);
  expect([...wide, ...(await tooWide(visitor, [visitor.path]))]).toEqual([]);
}, 600_000);
