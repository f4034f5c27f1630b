import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium, patienceMs } from './support/chromium.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { addApplication, redirectUri, startIssuer } from './support/relying-party.ts';
import { strongPassword, type TestService } from './support/service.ts';
import { recordStatements } from './support/statements.ts';

const trusted = 'https://console.example.com';
const ofApplication = 'https://app.example.com';
const stranger = 'https://stranger.example.com';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startIssuer({ CORS_ORIGINS: trusted });
  client = new Client(service.url);
  await addApplication(service, { client_id: 'page', kind: 'single_page' });
});

/** The CORS headers of an answer, without their prefix. */
const corsOf = (headers: Headers) =>
  Object.fromEntries(
    [...headers].flatMap(([name, value]) => {
      const [, short] = /^access-control-(.*)|^vary$/.exec(name) ?? [];
      return short === undefined && name !== 'vary' ? [] : [[short ?? name, value]];
    }),
  );
const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
  const response = await fetch(service.url + path, { method, headers, ...(body !== undefined && { body }) });
  return { status: response.status, cors: corsOf(response.headers) };
};
const preflight = (path: string, origin: string) =>
  send('OPTIONS', path, { origin, 'access-control-request-method': 'POST' });

describe('a preflight', () => {
  const permissions = {
    'allow-headers': expect.stringContaining('authorization, content-type, dpop, traceparent'),
    'allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'max-age': '7200',
  };

  it.each(['/auth/login', '/auth/me', '/openid/token', '/openid/userinfo', '/auth/nowhere'])(
    'for %s is granted to the origins of applications, without cookies',
    async (path) => {
      const granted = { 'allow-origin': ofApplication, vary: 'origin', ...permissions };
      expect(await preflight(path, ofApplication)).toEqual({ status: 204, cors: granted });
    },
  );

  it('is granted with cookies to the origins of CORS_ORIGINS, below /auth/ alone', async () => {
    const granted = { 'allow-origin': trusted, vary: 'origin', ...permissions };
    const withCookies = { ...granted, 'allow-credentials': 'true' };
    expect(await preflight('/auth/login', trusted)).toEqual({ status: 204, cors: withCookies });
    expect(await preflight('/openid/token', trusted)).toEqual({ status: 204, cors: granted });
  });

  it.each([stranger, 'null', `${trusted}.evil.example`, 'http://console.example.com', `${trusted}/`])(
    'is not granted to %s',
    async (origin) => {
      for (const path of ['/auth/login', '/openid/token']) {
        expect(await preflight(path, origin)).toEqual({ status: 405, cors: { vary: 'origin' } });
      }
    },
  );
});

describe('a response', () => {
  const readable = { 'allow-origin': ofApplication, vary: 'origin', 'expose-headers': expect.any(String) };

  it('may be read by an allowed origin, errors too', async () => {
    const json = { origin: ofApplication, 'content-type': 'application/json' };
    const answers = await Promise.all([
      send('GET', '/auth/me', { origin: ofApplication }),
      send('POST', '/auth/login', json, '{'),
      send('POST', '/auth/token', json, '{}'),
      send('GET', '/auth/nowhere', { origin: ofApplication }),
      send('PUT', '/auth/login', json, '{}'),
      send('POST', '/openid/token', { origin: ofApplication }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 415, 404, 405, 400]);
    for (const { cors } of answers) {
      expect(cors).toEqual(readable);
    }
  });

  it('can’t be read by other origins, and caches keep it apart', async () => {
    for (const headers of [{}, { origin: stranger }, { origin: service.url }] as Record<string, string>[]) {
      expect((await send('GET', '/auth/me', headers)).cors).toEqual({ vary: 'origin' });
      expect((await send('POST', '/openid/token', headers)).cors).toEqual({ vary: 'origin' });
    }
  });

  it('can be read by everybody where it is public', async () => {
    const paths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
    for (const path of [...paths, '/.well-known/jwks.json']) {
      const { status, cors } = await send('GET', path, { origin: stranger });
      expect([status, cors]).toEqual([200, { 'allow-origin': '*', 'expose-headers': expect.any(String) }]);
      expect((await preflight(path, stranger)).status).toBe(204);
    }
  });

  it('of a page can’t be read by another origin', async () => {
    for (const path of ['/sign-in', '/account', '/openid/authorize', '/openid/logout', '/openid/device']) {
      expect((await send('GET', path, { origin: trusted })).cors).toEqual({});
    }
  });

  it('that refuses early can be read', async () => {
    const busy = await startIssuer({ CORS_ORIGINS: trusted, MAX_IN_FLIGHT_REQUESTS: '1' });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const body = JSON.stringify({ email: newEmail(), password: strongPassword });
        const headers = { origin: trusted, 'content-type': 'application/json' };
        const response = await fetch(`${busy.url}/auth/login`, { method: 'POST', headers, body });
        expect(response.headers.get('access-control-allow-origin')).toBe(trusted);
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
  });
});

it('an origin is allowed soon after its application exists, and no longer once the application is gone', async () => {
  const { accessToken: token } = await newAdmin(service);
  const origin = 'https://new.example.com';
  const isAllowed = async () => (await preflight('/auth/me', origin)).status === 204;
  const becomes = async (allowed: boolean) => {
    while ((await isAllowed()) !== allowed) {
      await sleep(100);
    }
  };
  expect(await isAllowed()).toBe(false);
  const body = { name: 'New', kind: 'single_page', first_party: true, redirect_uris: [redirectUri], origins: [origin] };
  const path = '/auth/admin/applications';
  const { body: created } = await client.call('POST', path, { token, body });
  await becomes(true);
  await client.call('DELETE', `${path}/${created.id}`, { token });
  await becomes(false);
});

it('an origin of somebody else’s application gets no further than the endpoints by which people sign in to it', async () => {
  const origin = 'https://foreign.example.com';
  const foreign = await startIssuer();
  await addApplication(foreign, { client_id: 'foreign', kind: 'single_page', first_party: false });
  await foreign.database.query("UPDATE application SET origins = $1 WHERE client_id = 'foreign'", [[origin]]);
  const allowed = async (path: string) => {
    const { headers } = await fetch(foreign.url + path, { method: 'POST', headers: { origin } });
    return headers.get('access-control-allow-origin');
  };
  expect([await allowed('/openid/token'), await allowed('/auth/login')]).toEqual([origin, null]);
});

it('an origin that somebody invents costs hardly any query', async () => {
  const { sent, stop } = recordStatements(() => true);
  for (let n = 0; n < 100; n += 1) {
    await preflight('/auth/me', `https://invented-${String(n)}.example.com`);
  }
  stop();
  // one a second at most
  expect(sent.filter((statement) => statement.includes('applications.origins')).length).toBeLessThan(50);
});

describe('in Chromium', () => {
  let chromium: Browser;
  let pages: Server;

  beforeAll(async () => {
    chromium = await launchChromium();
    pages = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
  });
  afterAll(async () => {
    await chromium.close();
    pages.close();
  });

  /** Logs in, refreshes, reads the account and logs out, and returns what the page could read. */
  const journey = async (origin: string, url: string, email: string) => {
    const page = await chromium.newPage();
    page.setDefaultTimeout(patienceMs);
    await page.goto(origin);
    const result = await page.evaluate(
      async ({ base, credentials }) => {
        const call = async (method: string, path: string, token?: string, body?: object) => {
          const response = await fetch(base + path, {
            method,
            headers: {
              ...(token !== undefined && { authorization: `Bearer ${token}` }),
              ...(body && { 'content-type': 'application/json' }),
            },
            ...(body && { body: JSON.stringify(body) }),
          });
          const text = await response.text();
          const json = text === '' ? {} : (JSON.parse(text) as Record<string, string>);
          return { status: response.status, json, id: response.headers.get('x-request-id') };
        };
        try {
          const login = await call('POST', '/auth/login', undefined, credentials);
          const refreshed = await call('POST', '/auth/refresh', undefined, {
            refresh_token: login.json['refresh_token'],
          });
          const token = refreshed.json['access_token'];
          const me = await call('GET', '/auth/me', token);
          const logout = await call('POST', '/auth/logout', token);
          const after = await call('GET', '/auth/me', token);
          return { email: me.json['email'], statuses: [logout.status, after.status], hasId: after.id !== null };
        } catch (error) {
          return String(error);
        }
      },
      { base: url, credentials: { email, password: strongPassword } },
    );
    await page.close();
    return result;
  };

  it('a page of an allowed origin logs in, refreshes, reads and logs out, and a page of another one can’t', async () => {
    const { port } = pages.address() as AddressInfo;
    const allowed = `http://127.0.0.1:${String(port)}`;
    const { url } = await startIssuer({ CORS_ORIGINS: allowed });
    const email = newEmail();
    await new Client(url).register(email);
    expect(await journey(allowed, url, email)).toEqual({ email, statuses: [204, 401], hasId: true });
    expect(await journey(`http://localhost:${String(port)}`, url, email)).toBe('TypeError: Failed to fetch');
  });
});
