import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, patienceMs } from './support/chromium.ts';
import { AuthenticatorApp, newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newEmail } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

/** Chromium takes `*.auth.localhost` for one site, as it takes the sub-domains of example.com. */
let issuer: string;
let origins: Record<'app' | 'taken' | 'elsewhere', string>;
let service: TestService;
let client: Client;
let pages: Server;

beforeAll(async () => {
  pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>app</title>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const { port } = pages.address() as AddressInfo;
  const originOf = (host: string) => `http://${host}.localhost:${String(port)}`;
  origins = { app: originOf('app.auth'), taken: originOf('taken.auth'), elsewhere: originOf('elsewhere') };
  const ownPort = String(await freePort());
  issuer = `http://auth.localhost:${ownPort}`;
  const CORS_ORIGINS = `${origins.app},${origins.elsewhere}`;
  service = await startTestService({ PORT: ownPort, TOKEN_ISSUER: issuer, CORS_ORIGINS });
  client = new Client(service.url);
});
afterAll(() => {
  pages.close();
});

const call = (method: string, path: string, headers: Record<string, string>, body?: object) =>
  client.call(method, path, { headers, ...(body && { body }) });

/** The cookie of a new session that a browser keeps. */
const newCookie = async () => {
  const { accessToken, refreshToken, email } = await client.newAccount();
  const kept = await call('POST', '/auth/session', { origin: origins.app }, { refresh_token: refreshToken });
  expect(kept.status).toBe(204);
  const setCookie = kept.headers.get('set-cookie') ?? '';
  expect(setCookie).toMatch(/^session=[\w-]{43}; .*HttpOnly; SameSite=Lax/);
  return { cookie: setCookie.split(';', 1)[0] ?? '', accessToken, refreshToken, email };
};
const exchange = (cookie: string, origin = origins.app, headers: Record<string, string> = {}) =>
  call('POST', '/auth/session/access-token', { cookie, origin, ...headers });

describe('a session in a cookie', () => {
  it('replaces the refresh token, gives access tokens and ends with the logout', async () => {
    const { cookie, accessToken, email } = await newCookie();
    const { status, body } = await exchange(cookie);
    expect([status, Object.keys(body).sort()]).toEqual([200, ['access_token', 'expires_in', 'token_type']]);
    const { sid } = decodeJwt(accessToken);
    expect(decodeJwt(body.access_token)).toMatchObject({ sid, amr: ['pwd'], roles: ['user'] });
    expect((await client.me(body.access_token)).body.email).toBe(email);

    const other = await newCookie();
    const ended = await call('DELETE', '/auth/session', { cookie, origin: origins.app });
    expect([ended.status, ended.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await exchange(cookie)).body.code).toBe('session_missing');
    expect((await client.me(body.access_token)).status).toBe(401);
    expect((await exchange(other.cookie)).status).toBe(200);
  });

  it('ends if somebody else has kept the refresh token and uses it', async () => {
    const { cookie, refreshToken } = await newCookie();
    expect((await client.refresh(refreshToken)).body.code).toBe('refresh_token_invalid');
    expect((await exchange(cookie)).body.code).toBe('session_missing');
  });

  it('needs the latest refresh token of a session', async () => {
    const { refreshToken } = await client.newAccount();
    await client.refresh(refreshToken);
    for (const refresh_token of [refreshToken, 'unknown']) {
      const { status, body } = await call('POST', '/auth/session', { origin: origins.app }, { refresh_token });
      expect([status, body.code]).toEqual([401, 'refresh_token_invalid']);
    }
  });

  it('ends the one that the browser held before', async () => {
    const { cookie, accessToken } = await newCookie();
    const { refreshToken } = await client.newAccount();
    const kept = await call('POST', '/auth/session', { origin: origins.app, cookie }, { refresh_token: refreshToken });
    expect([kept.status, (await client.me(accessToken)).status]).toEqual([204, 401]);
  });

  it('does not outlive the account’s access', async () => {
    const { cookie, email } = await newCookie();
    await service.database.query('UPDATE account SET disabled_at = now() WHERE email = $1', [email]);
    expect((await exchange(cookie)).body.code).toBe('session_missing');
    expect((await exchange('session=unknown')).body.code).toBe('session_missing');
  });

  it('expires with its session', async () => {
    const { cookie, accessToken } = await newCookie();
    const { sid } = decodeJwt(accessToken);
    await service.database.query('UPDATE session SET expires_at = now() WHERE id = $1', [sid]);
    expect((await exchange(cookie)).body.code).toBe('session_missing');
  });

  const nextPassword = 'amber-heron-reads-97-maps';
  const cookieIn = ({ headers }: { headers: Headers }) =>
    headers
      .getSetCookie()
      .find((header) => header.startsWith('session='))
      ?.split(';', 1)[0] ?? '';

  it('gets a new value when the owner proves who they are, or changes what opens the account', async () => {
    let { cookie, accessToken: token } = await newCookie();
    /** Sends the cookie, and requires that its value is replaced. */
    const change = async (method: string, path: string, body?: object) => {
      const answer = await client.call(method, path, { token, headers: { cookie }, ...(body && { body }) });
      expect((await exchange(cookie)).body.code).toBe('session_missing');
      cookie = cookieIn(answer);
      const { body: current } = await exchange(cookie);
      token = current.access_token;
      return answer;
    };
    const wrong = { current_password: 'not the password', new_password: nextPassword };
    expect((await change('PUT', '/auth/me/password', wrong)).status).toBe(403);
    const right = { ...wrong, current_password: strongPassword };
    expect((await change('PUT', '/auth/me/password', right)).status).toBe(204);
    const { body: setup } = await client.call('POST', '/auth/mfa/totp', { token, body: { password: nextPassword } });
    const authenticator = new AuthenticatorApp(setup.otpauth_uri);
    await authenticator.settle();
    const confirmed = await change('POST', '/auth/mfa/totp/confirm', { code: authenticator.code(-1) });
    expect(confirmed.status).toBe(200);
    const stepUp = { code: confirmed.body.recovery_codes[0] };
    await service.database.query("UPDATE session SET authenticated_at = now() - interval '301 seconds'");
    const { body: earlier } = await exchange(cookie);
    expect((await change('POST', '/auth/mfa/step-up', stepUp)).status).toBe(200);
    // a thief may have got it by the cookie of before
    const theft = await client.call('POST', '/auth/mfa/recovery-codes', { token: earlier.access_token });
    expect([theft.status, theft.body.code]).toEqual([401, 'mfa_required']);
    expect((await change('POST', '/auth/mfa/recovery-codes')).status).toBe(200);
    const { sub } = decodeJwt(token);
    const [passkey, identity] = [randomUUID(), randomUUID()];
    await service.database.query(
      `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, name, transports, synced)
       VALUES ($1, $2, 'id', 'key', 0, 'Laptop', '{}', false)`,
      [passkey, sub],
    );
    await service.database.query(
      `INSERT INTO external_identity (id, account_id, provider, issuer, subject) VALUES ($1, $2, 'a', 'https://a.example', 'ada')`,
      [identity, sub],
    );
    expect((await change('DELETE', `/auth/me/identities/${identity}`)).status).toBe(204);
    expect((await change('DELETE', `/auth/passkeys/${passkey}`, { password: nextPassword })).status).toBe(204);
    expect((await change('DELETE', '/auth/mfa/totp', { password: nextPassword })).status).toBe(204);
    expect((await change('POST', '/auth/logout-others')).status).toBe(204);
  });

  it('ends with such a change if the request does not bring it', async () => {
    const [without, stale] = [await newCookie(), await newCookie()];
    const body = { current_password: strongPassword, new_password: nextPassword };
    for (const [{ cookie, accessToken: token }, headers] of [
      [without, {}],
      [stale, { cookie: without.cookie }],
    ] as const) {
      const refused = await client.call('PUT', '/auth/me/password', {
        token,
        headers,
        body: { ...body, current_password: 'no' },
      });
      expect([refused.status, (await exchange(cookie)).status]).toEqual([403, 200]);
      const changed = await client.call('PUT', '/auth/me/password', { token, headers, body });
      expect([changed.status, cookieIn(changed)]).toEqual([204, '']);
      expect((await exchange(cookie)).body.code).toBe('session_missing');
      expect((await client.me(token)).status).toBe(200);
    }
  });

  it('keeps what its owner proves without it from those who held it', async () => {
    const { accessToken: token, refreshToken, recoveryCodes } = await newEnrolledAccount(client);
    const cookie = cookieIn(
      await call('POST', '/auth/session', { origin: origins.app }, { refresh_token: refreshToken }),
    );
    await service.database.query("UPDATE session SET authenticated_at = now() - interval '301 seconds'");
    const { body: stolen } = await exchange(cookie);
    const stepUp = await client.call('POST', '/auth/mfa/step-up', { token, body: { code: recoveryCodes[0] } });
    expect([stepUp.status, (await exchange(cookie)).body.code]).toEqual([200, 'session_missing']);
    const theft = await client.call('POST', '/auth/mfa/recovery-codes', { token: stolen.access_token });
    expect([theft.status, theft.body.code]).toEqual([401, 'mfa_required']);
    const own = await client.call('POST', '/auth/mfa/recovery-codes', { token: stepUp.body.access_token });
    expect(own.status).toBe(200);
  });

  it('can be used by this service’s own pages and by trusted origins of its site alone', async () => {
    const { cookie } = await newCookie();
    expect((await exchange(cookie, issuer, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await exchange(cookie, origins.app, { 'sec-fetch-site': 'same-site' })).status).toBe(200);
    const forgeries: Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: origins.taken },
      { origin: `${origins.app}.evil.example` },
      { origin: origins.app, 'sec-fetch-site': 'cross-site' },
    ];
    for (const forgery of forgeries) {
      const answers = [
        await call('POST', '/auth/session/access-token', { cookie, ...forgery }),
        await call('POST', '/auth/session', { cookie, ...forgery }, { refresh_token: 'any' }),
        await call('DELETE', '/auth/session', { cookie, ...forgery }),
      ];
      expect(answers.map(({ body }) => body.code)).toEqual(Array(3).fill('origin_not_allowed'));
    }
    expect((await exchange(cookie)).status).toBe(200);
  });
});

describe('in Chromium', () => {
  let chromium: Browser;

  beforeAll(async () => {
    chromium = await launchChromium();
  });
  afterAll(() => chromium.close());

  /** What a script of the page gets from the service: status and body, or that it may not read. */
  const fetchFrom = (page: Page, method: string, path: string, options: { token?: string; body?: object } = {}) =>
    page.evaluate(
      async ({ url, token, body, ...request }) => {
        const headers = {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        };
        const sent = fetch(url, {
          ...request,
          credentials: 'include',
          headers,
          ...(body && { body: JSON.stringify(body) }),
        });
        const response = await sent.catch(() => undefined);
        const text = await response?.text();
        return { status: response?.status, body: text ? (JSON.parse(text) as Record<string, string>) : {} };
      },
      { url: issuer + path, method, ...options },
    );

  const newPerson = async () => {
    const email = newEmail();
    await client.register(email);
    const context = await chromium.newContext({ locale: 'en-GB' });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    const visit = async (url: string) => {
      await page.goto(url);
      return page;
    };
    return { email, page, visit };
  };

  it('a page of the same site uses the session that a person has begun at the pages', async () => {
    const { email, page, visit } = await newPerson();
    await visit(`${issuer}/sign-in`);
    await page.getByLabel('E-mail address', { exact: true }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(strongPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/account');

    await visit(origins.app);
    const { body } = await fetchFrom(page, 'POST', '/auth/session/access-token');
    const token = String(body['access_token']);
    expect((await fetchFrom(page, 'GET', '/auth/me', { token })).body['email']).toBe(email);
    expect(await page.evaluate('document.cookie')).toBe('');

    // neither a page of the same site that nobody trusts nor a trusted one of another site gets at the session
    for (const origin of [origins.taken, origins.elsewhere]) {
      await visit(origin);
      for (const [method, path] of [
        ['POST', '/auth/session/access-token'],
        ['DELETE', '/auth/session'],
      ] as const) {
        const refused = await fetchFrom(page, method, path);
        expect(refused.body['access_token']).toBeUndefined();
        expect([undefined, 403]).toContain(refused.status);
      }
    }

    await visit(origins.app);
    expect((await fetchFrom(page, 'DELETE', '/auth/session')).status).toBe(204);
    expect((await fetchFrom(page, 'POST', '/auth/session/access-token')).body['code']).toBe('session_missing');
    expect((await fetchFrom(page, 'GET', '/auth/me', { token })).status).toBe(401);
    await visit(`${issuer}/account`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  });

  it('a page of the same site logs in by its own form, and keeps nothing that a script can steal', async () => {
    const { email, page, visit } = await newPerson();
    await visit(origins.app);
    const login = await fetchFrom(page, 'POST', '/auth/login', { body: { email, password: strongPassword } });
    const { refresh_token } = login.body;
    expect((await fetchFrom(page, 'POST', '/auth/session', { body: { refresh_token } })).status).toBe(204);
    await visit(origins.app);
    const { body } = await fetchFrom(page, 'POST', '/auth/session/access-token');
    expect((await client.me(String(body['access_token']))).body.email).toBe(email);
    expect((await client.refresh(String(refresh_token))).status).toBe(401);
    // the device is known from now on
    const names = (await page.context().cookies(issuer)).map(({ name }) => name);
    expect(names.sort()).toEqual(['device', 'session']);
  });
});
