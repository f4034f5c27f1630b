import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../apps/auth/test/support/client.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { createApplication } from './application.ts';
import { start, statusOf } from './process.ts';

let auth: TestService;
let chromium: Browser;
let url: string;

beforeAll(async () => {
  auth = await startIssuer();
  chromium = await launchChromium();
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  await createApplication(auth, [
    ...['--name', 'Notes', '--kind', 'single_page', '--client-id', 'single-page-app', '--first-party'],
    ...['--redirect-uri', `${url}/`, '--post-logout-redirect-uri', `${url}/`, '--origin', url],
  ]);
  const settings = { ISSUER: auth.url, APP_URL: url, PORT: port };
  await start(process.execPath, ['examples/single-page-app/serve.ts'], settings);
});
afterAll(() => chromium.close());

/** Waits until the page has loaded and shows a heading. */
const shows = ({ page }: Visitor, heading: string) => page.getByRole('heading', { name: heading }).waitFor();

async function newMember(): Promise<Visitor & { email: string }> {
  const email = newEmail();
  await new Client(auth.url).register(email);
  const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
  await visitor.open(url);
  await shows(visitor, 'Welcome');
  await visitor.press('Sign in');
  await visitor.signIn(email);
  await shows(visitor, `Hello ${email}`);
  return Object.assign(visitor, { email });
}

it('signs a person in with tokens in memory alone, again after a reload, and out', async () => {
  const visitor = await newMember();
  expect(visitor.page.url()).toBe(`${url}/`);
  const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])';
  expect(await visitor.page.evaluate(kept)).toBe('[{},{},""]');

  await visitor.page.reload();
  await shows(visitor, `Hello ${visitor.email}`);
  await visitor.press('Sign out');
  await shows(visitor, 'Welcome');
  await visitor.press('Sign in');
  await shows(visitor, 'Sign in');
});

it('refreshes an access token that is about to expire', async () => {
  await auth.database.query('UPDATE application SET access_token_ttl_seconds = 20');
  await newMember();
  const { rows } = await auth.database.query(
    'SELECT count(*) FROM openid_refresh_token WHERE previous_hash IS NOT NULL',
  );
  expect(rows).toEqual([{ count: '1' }]);
  await auth.database.query('UPDATE application SET access_token_ttl_seconds = NULL');
});

it('accepts no answer that it has not asked for', async () => {
  const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
  await visitor.open(url);
  await shows(visitor, 'Welcome');
  await visitor.press('Sign in');
  await shows(visitor, 'Sign in');
  const asked: string[] = [];
  visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await visitor.open(`${url}/?code=stolen&state=guess&iss=${auth.url}`);
  await shows(visitor, 'Welcome');
  expect(await visitor.alert()).toBe('The sign-in failed. Try again.');
  expect(asked).not.toContain('/openid/token');
});

it('serves on after a request for a path that is no URL', async () => {
  expect([await statusOf(url, '//'), await statusOf(url, '/')]).toEqual([404, 200]);
});

it('is the only origin that may use its codes in a browser', async () => {
  const allowed = async (origin: string) => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'single-page-app', refresh_token: 'x' });
    const response = await fetch(`${auth.url}/openid/token`, { method: 'POST', headers: { origin }, body });
    return response.headers.get('access-control-allow-origin');
  };
  expect([await allowed(url), await allowed('https://evil.example')]).toEqual([url, null]);
});
