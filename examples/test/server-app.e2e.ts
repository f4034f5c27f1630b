import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateKeyPair, SignJWT } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { newEmail } from '../../apps/auth/test/support/client.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import { strongPassword, type TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { createApplication } from './application.ts';
import { nest, startNotes } from './notes.ts';
import { ExampleProgram, start, statusOf } from './process.ts';

let auth: TestService;
let chromium: Browser;
let url: string;

beforeAll(async () => {
  await nest.prepare();
  auth = await startIssuer();
  chromium = await launchChromium();
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  const CLIENT_SECRET = await createApplication(auth, [
    ...['--name', 'Notes', '--kind', 'web', '--client-id', 'server-app', '--first-party'],
    ...['--redirect-uri', `${url}/signed-in`, '--post-logout-redirect-uri', `${url}/`],
    ...['--backchannel-logout-uri', `${url}/back-channel-logout`],
  ]);
  const NOTES_URL = `${await startNotes(nest, auth)}/notes`;
  const settings = { ISSUER: auth.url, APP_URL: url, PORT: port, NOTES_URL, CLIENT_SECRET };
  await start(process.execPath, ['examples/server-app/main.ts'], settings);
});
afterAll(() => chromium.close());

/** A person who registers on the way to the application, and is now signed in to it. */
async function newMember(): Promise<Visitor & { email: string }> {
  const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
  await visitor.open(url);
  expect(await visitor.heading()).toBe('Welcome');
  await visitor.follow('Sign in');
  await visitor.follow('Create an account');
  const email = newEmail();
  await visitor.fill('E-mail address', email);
  await visitor.fill('Password', strongPassword);
  await visitor.press('Create account');
  await visitor.page.waitForURL(`${url}/`);
  expect(await visitor.heading()).toBe(`Hello ${email}`);
  return Object.assign(visitor, { email });
}

it('signs a person in, calls a service for them, and signs them out of both', async () => {
  const visitor = await newMember();
  const { rows } = await auth.database.query('SELECT id FROM account WHERE email = $1', [visitor.email]);
  const answer = await visitor.page.locator('pre').textContent();
  expect(JSON.parse(String(answer))).toEqual({ owner: rows[0].id, notes: [] });

  await visitor.press('Sign out');
  await visitor.page.waitForURL(`${url}/`);
  expect(await visitor.heading()).toBe('Welcome');
  await visitor.follow('Sign in');
  expect(await visitor.heading()).toBe('Sign in');
  await visitor.signIn(visitor.email);
  await visitor.page.waitForURL(`${url}/`);
  expect(await visitor.heading()).toBe(`Hello ${visitor.email}`);
});

it('refreshes an access token that is about to expire', async () => {
  await auth.database.query('UPDATE application SET access_token_ttl_seconds = 20');
  const visitor = await newMember();
  await visitor.page.reload();
  expect(await visitor.heading()).toBe(`Hello ${visitor.email}`);
  const { rows } = await auth.database.query(
    `SELECT count(previous_hash) FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id
       JOIN account a ON a.id = g.account_id WHERE a.email = $1`,
    [visitor.email],
  );
  expect(rows).toEqual([{ count: '1' }]);
  await auth.database.query('UPDATE application SET access_token_ttl_seconds = NULL');
});

it('signs a person out whose session ends elsewhere', async () => {
  const [visitor, other] = [await newMember(), await newMember()];
  await auth.database.query('DELETE FROM session USING account a WHERE a.id = session.account_id AND a.email = $1', [
    visitor.email,
  ]);
  for (let tries = 0; tries < 600 && (await visitor.heading()) !== 'Welcome'; tries += 1) {
    await sleep(100);
    await visitor.page.reload();
  }
  expect(await visitor.heading()).toBe('Welcome');
  await other.page.reload();
  expect(await other.heading()).toBe(`Hello ${other.email}`);
});

it('accepts no logout token of anybody else, and no answer to a sign-in that it has not begun', async () => {
  const visitor = await newMember();
  const { rows } = await auth.database.query(
    'SELECT s.id FROM session s JOIN account a ON a.id = s.account_id WHERE a.email = $1',
    [visitor.email],
  );
  const { privateKey } = await generateKeyPair('ES256');
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const forged = await new SignJWT({ iss: auth.url, aud: 'server-app', sid: rows[0].id, events })
    .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt' })
    .setExpirationTime('1 min')
    .sign(privateKey);
  const body = new URLSearchParams({ logout_token: forged });
  expect((await fetch(`${url}/back-channel-logout`, { method: 'POST', body })).status).toBe(400);
  const response = await visitor.page.goto(`${url}/signed-in?code=stolen&state=guess&iss=${auth.url}`);
  expect(response?.status()).toBe(400);
  await visitor.open(url);
  expect(await visitor.heading()).toBe(`Hello ${visitor.email}`);
});

it('serves on after a request for a path that is no URL', async () => {
  expect([await statusOf(url, '//'), await statusOf(url, '/')]).toEqual([404, 200]);
});

it('ends the earlier session of the browser at sign-in', async () => {
  const visitor = await newMember();
  const [earlier] = (await visitor.page.context().cookies(url)).filter(({ name }) => name === 'server-app-session');
  await visitor.open(`${url}/sign-in`);
  await visitor.page.waitForURL(`${url}/`);
  expect(await visitor.heading()).toBe(`Hello ${visitor.email}`);
  const response = await fetch(url, { headers: { cookie: `server-app-session=${String(earlier?.value)}` } });
  expect(await response.text()).toContain('<h1>Welcome</h1>');
});

it('has cookies that no other host can set, where it is served by HTTPS', async () => {
  const port = String(await freePort());
  const settings = { ISSUER: auth.url, APP_URL: 'https://notes.example.com', PORT: port, CLIENT_SECRET: 'unused' };
  await new ExampleProgram(process.execPath, ['examples/server-app/main.ts'], settings).shows(/application is at/);
  const response = await fetch(`http://127.0.0.1:${port}/sign-in`, { redirect: 'manual' });
  expect(response.headers.get('set-cookie')).toMatch(
    /^__Host-server-app-sign-in=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
});
