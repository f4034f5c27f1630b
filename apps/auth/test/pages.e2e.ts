import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RequestMethod, type Type } from '@nestjs/common';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { OpenIdModule } from '../src/openid/index.ts';
import { PagesModule } from '../src/pages/index.ts';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { launchChromium } from './support/chromium.ts';
import { Client } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { readQrCode } from './support/qr-code.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

const otherPassword = 'amber-heron-reads-97-maps';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let chromium: Browser;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

const newVisitor = () => Visitor.arrive(chromium, service, mailbox, { javaScriptEnabled: false, keyboardOnly: true });

/** The paths that take forms, as the decorators of the pages of these modules and their imports state them. */
function formsOf(...modules: object[]): string[] {
  const known = new Set(modules);
  // a set also visits what is added meanwhile
  for (const module of known) {
    for (const other of of<object>('imports', module)) {
      known.add('module' in other ? (other.module as object) : other);
    }
  }
  const controllers = new Set([...known].flatMap((module) => of<Type>('controllers', module)));
  return [...controllers].flatMap((controller) => {
    const handlers = Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object));
    return handlers
      .map(({ value }) => value as object)
      .filter((one) => typeof one === 'function' && Reflect.getMetadata('method', one) === RequestMethod.POST)
      .filter((one) => (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, one) as { page?: true } | undefined)?.page)
      .map((one) => [Reflect.getMetadata('path', controller), Reflect.getMetadata('path', one)].join('/'))
      .map((path) => path.replace(/^\/+|\/+$/g, ''));
  });
}
const of = <T>(name: 'imports' | 'controllers', module: object) => (Reflect.getMetadata(name, module) ?? []) as T[];

describe('without scripts and without a mouse', () => {
  it('a first visit leads to an account with a confirmed e-mail address', async () => {
    const visitor = await newVisitor();
    await visitor.open('/');
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.follow('Create an account');
    const email = await visitor.register();
    expect(await visitor.count('Not confirmed yet')).toBe(1);
    await visitor.open(await visitor.mailedLink(email, /Confirm your/));
    expect(visitor.path).toMatch(/^\/verify-email\?link=[0-9a-f]{16}$/);
    await visitor.press('Confirm');
    expect(await visitor.heading()).toBe('Your e-mail address is confirmed');
    await visitor.follow('Go to your account');
    expect(await visitor.page.getByText('Confirmed', { exact: true }).count()).toBe(1);
    await visitor.open('/');
    expect(visitor.path).toBe('/account');
  });

  it('a forgotten password is replaced, and the sessions of before have ended', async () => {
    const [visitor, elsewhere] = [await newVisitor(), await newVisitor()];
    const email = await elsewhere.register();
    await visitor.open('/sign-in');
    await visitor.follow('Forgot password?');
    await visitor.fill('E-mail address', email);
    await visitor.press('Send link');
    expect(await visitor.heading()).toBe('Check your e-mail');
    await visitor.open(await visitor.mailedLink(email, /new password/));
    await visitor.fill('New password', 'password');
    await visitor.press('Set password');
    expect(await visitor.alert()).toMatch(/easy to guess/);
    await visitor.fill('New password', otherPassword);
    await visitor.press('Set password');
    expect(await visitor.heading()).toBe('Your password is set');
    await visitor.follow('Go to sign in');
    await visitor.signIn(email, otherPassword);
    expect(visitor.path).toBe('/account');
    await elsewhere.open('/account/password');
    expect(elsewhere.path).toBe('/sign-in?continue=%2Faccount%2Fpassword');
    await elsewhere.signIn(email, otherPassword);
    expect(elsewhere.path).toBe('/account/password');
  });

  it('a mailed link signs in on another device, once', async () => {
    const [visitor, phone] = [await newVisitor(), await newVisitor()];
    const email = await visitor.register();
    await visitor.open('/sign-in/link');
    await visitor.fill('E-mail address', email);
    await visitor.press('Send link');
    const link = await visitor.mailedLink(email, /link to sign in/);
    await phone.open(link);
    await phone.press('Sign in');
    expect(phone.path).toBe('/account');
    await phone.open(link);
    expect(await phone.alert()).toMatch(/expired or was already used/);
  });

  it('programs that open a mailed link use nothing up, and the token leaves the history', async () => {
    const visitor = await newVisitor();
    const email = await visitor.register();
    const link = await visitor.mailedLink(email, /Confirm your/);
    for (const method of ['GET', 'HEAD', 'GET']) {
      expect((await fetch(link, { method, redirect: 'manual' })).status).toBe(303);
    }
    await visitor.open(link);
    await visitor.press('Confirm');
    expect(await visitor.heading()).toBe('Your e-mail address is confirmed');
    await visitor.page.goBack();
    expect(visitor.path).toMatch(/^\/verify-email\?link=[0-9a-f]{16}$/);
    await visitor.page.reload();
    expect(await visitor.heading()).toBe('This link is incomplete');
  });

  it('an authenticator app is set up from the picture, and asked for at the next login', async () => {
    const visitor = await newVisitor();
    const email = await visitor.register();
    await visitor.follow('Set up');
    await visitor.fill('Password', strongPassword);
    await visitor.press('Set up');
    const app = new AuthenticatorApp(await readQrCode(await visitor.page.screenshot({ fullPage: true })));
    await visitor.fill('Code', app.wrongCode());
    await visitor.press('Turn on');
    expect(await visitor.alert()).toMatch(/code is not correct/);
    expect(new AuthenticatorApp(await readQrCode(await visitor.page.screenshot({ fullPage: true }))).code()).toBe(
      app.code(),
    );
    await app.settle();
    await visitor.fill('Code', app.code(-1));
    await visitor.press('Turn on');
    expect(await visitor.heading()).toBe('Recovery codes');
    const codes = await visitor.page.locator('ol code').allTextContents();
    expect(codes).toHaveLength(10);
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.follow('Download')]);
    expect(await readFile(await download.path(), 'utf8')).toBe(`${codes.join('\n')}\n`);
    await visitor.page.emulateMedia({ media: 'print' });
    const printed = await visitor.page.locator('body').innerText();
    expect(printed.split(/\s*\n\s*/)).toEqual(['devopslocally', 'Recovery codes', ...codes]);
    await visitor.page.emulateMedia({ media: null });
    await visitor.follow('I have saved the codes');
    expect(await visitor.count('Recovery codes left: 10')).toBe(1);
    await visitor.press('Sign out');
    await visitor.open('/sign-in');
    await visitor.signIn(email);
    expect(await visitor.heading()).toBe('Second step');
    await visitor.fill('Code', (codes[0] ?? '').toLowerCase());
    await visitor.press('Continue');
    expect(visitor.path).toBe('/account');
    await visitor.press('Sign out');
    await visitor.open('/sign-in');
    await visitor.signIn(email);
    await visitor.fill('Code', app.code());
    await visitor.press('Continue');
    expect(visitor.path).toBe('/account');
    expect(await visitor.count('Recovery codes left: 9')).toBe(1);
  });

  it('a session is ended from another browser, and an account is downloaded and deleted', async () => {
    const [visitor, phone] = [await newVisitor(), await newVisitor()];
    const email = await visitor.register();
    await phone.open('/sign-in');
    await phone.signIn(email);
    await visitor.page.reload();
    await visitor.page.getByRole('listitem').getByRole('button', { name: 'Sign out' }).click();
    expect(await visitor.page.getByRole('status').textContent()).toMatch(/session has ended/);
    await phone.page.reload();
    expect(phone.path).toMatch(/^\/sign-in/);
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.follow('Download your data')]);
    expect(download.suggestedFilename()).toBe('account.json');
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({ account: [{ email }] });
    await visitor.follow('Delete account');
    await visitor.fill('Password', otherPassword);
    await visitor.press('Delete for good');
    expect(await visitor.alert()).toMatch(/not correct/);
    await visitor.fill('Password', strongPassword);
    await visitor.press('Delete for good');
    expect(await visitor.heading()).toBe('Your account is deleted');
    expect((await client.login(email)).status).toBe(401);
  });

  it('a profile is filled in, corrected and removed again', async () => {
    const visitor = await newVisitor();
    await visitor.open('/account/profile');
    expect(visitor.path).toBe('/sign-in?continue=%2Faccount%2Fprofile');
    await visitor.register();
    await visitor.follow('Edit profile');
    await visitor.fill('Full name', ' Ada <b>King</b> ');
    await visitor.fill('URL of a picture', 'http://example.com/ada.png');
    await visitor.page.getByLabel('Language').selectOption('Français');
    await visitor.page.getByLabel('Time zone').selectOption('Europe/London');
    await visitor.press('Save');
    expect(await visitor.page.locator('#picture-error').textContent()).toMatch(/begins with https/);
    await visitor.fill('URL of a picture', 'https://example.com/ada.png');
    await visitor.press('Save');
    expect(await visitor.heading()).toBe('Votre compte');
    expect(await visitor.page.getByText('Ada <b>King</b>', { exact: true }).count()).toBe(1);
    await visitor.follow('Modifier le profil');
    expect(await visitor.page.getByLabel('Fuseau horaire').inputValue()).toBe('Europe/London');
    await visitor.fill('Nom complet', '');
    await visitor.page.getByLabel('Langue').selectOption('');
    await visitor.press('Enregistrer');
    expect(await visitor.heading()).toBe('Your account');
    expect(await visitor.count('King')).toBe(0);
    await visitor.follow('Edit profile');
    expect(await visitor.page.getByLabel('URL of a picture').inputValue()).toBe('https://example.com/ada.png');
  });

  it('what changes the account asks again who it is if the login is long ago', async () => {
    const visitor = await newVisitor();
    await visitor.register();
    const before = await visitor.session();
    await service.database.query("UPDATE session SET authenticated_at = now() - interval '1 hour'");
    await visitor.open('/account/delete');
    expect(await visitor.heading()).toBe('Confirm that it is you');
    await visitor.fill('Password', strongPassword);
    await visitor.press('Continue');
    expect(await visitor.heading()).toBe('Delete your account?');
    expect(await visitor.session()).not.toBe(before);
  });
});

describe('a browser that is signed in to another account', () => {
  it('is told whose link it has, and has to prove to hold that account', async () => {
    const visitor = await newVisitor();
    const other = await visitor.register();
    const { email } = await client.newAccount();
    await visitor.open(await visitor.mailedLink(email, /Confirm your/));
    expect([await visitor.count(email), await visitor.count(`signed in as ${other}`)]).toEqual([1, 1]);
    await visitor.fill('Your password, if you created the account', strongPassword);
    await visitor.press('Confirm');
    expect(await visitor.heading()).toBe('Your e-mail address is confirmed');
    expect((await client.login(email)).status).toBe(200);
  });
});

const newOwner = async () => {
  const { email, accessToken } = await client.newAccount();
  return { email, id: String((await client.me(accessToken)).body.id) };
};
const submit = (path: string, cookie: string, fields: Record<string, string>) =>
  fetch(service.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin', cookie },
    body: new URLSearchParams(fields),
  });
const newCookie = (response: Response) =>
  response.headers
    .getSetCookie()
    .find((header) => header.startsWith('session='))
    ?.split(';', 1)[0] ?? '';
const opens = async (cookie: string) =>
  (await fetch(`${service.url}/account`, { redirect: 'manual', headers: { cookie } })).status === 200;

describe('the cookie of a session', () => {
  it.each([
    ['a new password', '/account/password', { password: strongPassword, new_password: otherPassword }],
    ['signing out everywhere else', '/account/sessions/end-others', {}],
    ['proving again who one is', '/sign-in/confirm', { password: strongPassword }],
  ])('is replaced by %s, so that a stolen one is useless', async (_name, path, fields) => {
    const { email, id } = await newOwner();
    const stolen = newCookie(await submit('/sign-in', '', { email, password: strongPassword }));
    expect(await opens(stolen)).toBe(true);
    const replaced = newCookie(await submit(path, stolen, { ...fields, account: id }));
    expect([await opens(stolen), await opens(replaced)]).toEqual([false, true]);
  });

  it('is replaced once by requests at the same time', async () => {
    const { email, id } = await newOwner();
    const first = newCookie(await submit('/sign-in', '', { email, password: strongPassword }));
    const proof = { password: strongPassword, account: id };
    const proofs = Array.from({ length: 5 }, () => submit('/sign-in/confirm', first, proof));
    const replaced = (await Promise.all(proofs)).map(newCookie).filter((cookie) => cookie !== '');
    expect(replaced).toHaveLength(1);
    expect(await opens(replaced[0] ?? '')).toBe(true);
  });
});

describe('a form that is not accepted', () => {
  it('says what is wrong beside the field, keeps the e-mail address and forgets the password', async () => {
    const response = await fetch(`${service.url}/register`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ email: 'ada@example', new_password: 'short' }),
    });
    const html = await response.text();
    expect(response.status).toBe(400);
    expect(html).toContain('value="ada@example"');
    expect(html).toMatch(/id="email-error">Enter an e-mail address/);
    expect(html).toMatch(/id="new_password-error">Use 8 to 128 characters/);
    expect(html).not.toContain('short');
  });

  it('escapes what was entered', async () => {
    const response = await fetch(`${service.url}/sign-in?email=${encodeURIComponent('"><script>alert(1)</script>')}`);
    const html = await response.text();
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script>');
  });
});

describe('attacks', () => {
  const forms = [
    ...[
      'sign-in',
      'sign-in/code',
      'sign-in/link',
      'sign-in/verification',
      'sign-in/passkey',
      'sign-in/confirm',
      'sign-in/confirm/passkey',
      'sign-out',
      'register',
      'register/passkey',
      'forgot-password',
    ],
    ...['reset-password', 'verify-email', 'magic-link', 'confirm-email', 'accept-invitation'],
    ...['account/password', 'account/email', 'account/email/verification', 'account/sessions/end', 'account/delete'],
    ...['account/profile', 'account/sessions/end-others', 'account/recovery-codes', 'account/authenticator'],
    ...['account/authenticator/confirm', 'account/authenticator/remove'],
    ...['account/providers/alpha/link', 'account/providers/x/unlink', 'account/applications/withdraw'],
    ...['account/passkeys/add', 'account/passkeys/create', 'account/passkeys/remove'],
  ];

  it('are tried at all forms that there are', () => {
    const found = formsOf(PagesModule, OpenIdModule).map((path) => path.replace(':provider', 'alpha'));
    expect(found.map((path) => path.replace(':identity', 'x')).sort()).toEqual([...forms].sort());
  });

  it.each(forms)('a form of another site is not accepted at /%s', async (path) => {
    const foreign = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ] as Record<string, string>[];
    for (const headers of foreign) {
      const response = await fetch(`${service.url}/${path}`, { method: 'POST', headers, body: new URLSearchParams() });
      expect([response.status, headers]).toEqual([403, headers]);
    }
  });

  const ownForms = forms.filter((path) => /^(account|sign-in\/confirm)(\/|$)/.test(path));

  it.each(ownForms)('a form of the account before is not accepted at /%s', async (path) => {
    const [before, now] = [await newOwner(), await newOwner()];
    const cookie = newCookie(await submit('/sign-in', '', { email: now.email, password: strongPassword }));
    for (const fields of [{ account: before.id }, {}] as Record<string, string>[]) {
      const response = await submit(`/${path}`, cookie, { name: 'Mallory', password: strongPassword, ...fields });
      expect(response.status).toBe(409);
      expect(await response.text()).toContain('This form belongs to another account');
    }
  });

  it.each([
    ...[
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/account/../../evil',
      '/account/export',
    ],
    ...['/account?next=//evil.example', '/account%2f..', 'account', '/openid/interactions/../../evil', '/account/\n'],
  ])('a login never leads to %j', async (target) => {
    const { email } = await client.newAccount();
    const response = await fetch(`${service.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ email, password: strongPassword, continue: target }),
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/account']);
  });

  it('a session id that somebody else has set is not used after a login', async () => {
    const { email } = await client.newAccount();
    const fixed = 'A'.repeat(43);
    const response = await fetch(`${service.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin', cookie: `session=${fixed}` },
      body: new URLSearchParams({ email, password: strongPassword }),
    });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^session=[\w-]{43}; .*HttpOnly; SameSite=Lax/);
    expect(cookie).not.toContain(fixed);
    const account = await fetch(`${service.url}/account`, {
      redirect: 'manual',
      headers: { cookie: `session=${fixed}` },
    });
    expect(account.status).toBe(303);
  });

  it.each([
    [
      'a body that is no form',
      '/sign-in',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    ],
    ['a page that does not exist', '/nothing-here', { headers: { accept: 'text/html' } }],
    ['the wrong method', '/sign-in/code', { headers: { accept: 'text/html' } }],
  ])('%s gets a page with the same headers', async (_name, path, init) => {
    const { headers } = await fetch(service.url + path, init);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toContain("style-src 'self'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).not.toBeNull();
  });

  it('another site can’t use the link to one’s data', async () => {
    const path = '/account/export';
    const { email } = await client.newAccount();
    const login = await fetch(`${service.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ email, password: strongPassword }),
    });
    const cookie = login.headers
      .getSetCookie()
      .map((header) => header.split(';', 1)[0])
      .join('; ');
    const calls = ['cross-site', 'same-site'].map((site) =>
      fetch(service.url + path, { redirect: 'manual', headers: { cookie, 'sec-fetch-site': site } }),
    );
    calls.push(fetch(service.url + path, { method: 'HEAD', redirect: 'manual', headers: { cookie } }));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([303, 303, 303]);
  });

  it('pages can be framed by nobody and load nothing from elsewhere', async () => {
    const { headers } = await fetch(`${service.url}/sign-in`);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  });
});
