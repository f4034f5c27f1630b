import { beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../tools/lib/root.ts';
import { Client, newAdmin } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

const host = 'auth.example.com';
const origin = `https://${host}`;

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService({ TOKEN_ISSUER: origin });
  client = new Client(service.url);
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  code: unknown;
  text: string;
}

type Headers = Record<string, string | string[] | undefined>;

/** Sends a request as it is: `fetch` would choose the host, and what it states of the page. */
function ask(path: string, headers: Headers = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stated = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const sent = send(service.url + path, { method, headers: stated }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => {
        const isProblem = response.headers['content-type']?.startsWith('application/problem+json') === true;
        const code = isProblem && text !== '' ? (JSON.parse(text) as { code: string }).code : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, code, text });
      });
    });
    sent.once('error', reject).end();
  });
}

/** What Traefik adds to a request for the check. */
const forwarded = {
  'x-forwarded-host': host,
  'x-forwarded-method': 'GET',
  'x-forwarded-uri': '/orders/1?page=2&q=a%20b',
};
const check = (headers: Headers = {}, query = '') => ask(`/auth/forward-auth${query}`, { ...forwarded, ...headers });
const navigation = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
};
const signIn = `${origin}/sign-in?continue=%2Forders%2F1%3Fpage%3D2%26q%3Da%2520b`;

/** The cookie of a session that a browser keeps. */
async function cookieOf({ refreshToken }: { refreshToken: string }): Promise<string> {
  const body = { refresh_token: refreshToken };
  const { headers } = await client.call('POST', '/auth/session', { headers: { origin }, body });
  return headers.get('set-cookie')?.split(';', 1)[0] ?? '';
}

const verify = (email: string) =>
  service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);

describe('a request that a gateway asks about', () => {
  it('passes with a session and says who sends it', async () => {
    const login = await client.newAccount();
    const { body: account } = await client.me(login.accessToken);
    const cookie = await cookieOf(login);
    const { status, headers, text } = await check({ cookie });
    expect([status, text]).toEqual([200, '']);
    expect(headers).toMatchObject({ 'x-auth-subject': account.id, 'x-auth-email': '', 'x-auth-roles': 'user' });
    expect(headers['cache-control']).toBe('no-store');
    await verify(login.email);
    expect((await check({ cookie })).headers['x-auth-email']).toBe(login.email);
    expect((await ask('/auth/ext-authz/-/orders/1?page=2', { host, cookie })).headers['x-auth-email']).toBe(
      login.email,
    );
  });

  it('passes with an access token of this audience, which comes before the cookie', async () => {
    const owner = await client.newAccount();
    await verify(owner.email);
    const cookie = await cookieOf(await client.newAccount());
    const authorization = `Bearer ${owner.accessToken}`;
    const { status, headers } = await check({ cookie, authorization });
    expect([status, headers['x-auth-email']]).toEqual([200, owner.email]);
    for (const refused of ['Bearer none', 'Basic dXNlcjpwYXNzd29yZA==']) {
      const answer = await check({ cookie, authorization: refused, ...navigation });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Bearer')]);
    }
    const other = await startTestService({
      TOKEN_ISSUER: origin,
      TOKEN_AUDIENCE: 'other',
      DATABASE_URL: service.databaseUrl,
    });
    const { accessToken } = await new Client(other.url).newSession(owner.email);
    expect((await check({ authorization: `Bearer ${accessToken}` })).code).toBe('token_invalid');
  });

  it('is refused without a session, and a page that a person opens leads to the sign-in and back', async () => {
    for (const headers of [{}, { accept: 'application/json' }, { ...navigation, 'sec-fetch-mode': 'cors' }]) {
      const { status, code, headers: answered } = await check(headers);
      expect([status, code, answered['www-authenticate']]).toEqual([401, 'session_missing', 'Bearer']);
      expect(answered).not.toHaveProperty('x-auth-subject');
    }
    for (const headers of [navigation, { accept: 'text/html' }, { ...navigation, cookie: 'session=ended' }]) {
      const { status, headers: answered } = await check(headers);
      expect([status, answered.location]).toEqual([303, signIn]);
    }
    const head = await check({ ...navigation, 'x-forwarded-method': 'HEAD' });
    expect(head.status).toBe(303);
    const sent = await check({ ...navigation, 'x-forwarded-method': 'POST' });
    expect(sent.status).toBe(401);
    const forNginx = await check(navigation, '?redirect_status=401');
    expect([forNginx.status, forNginx.headers.location]).toEqual([401, signIn]);
    const forEnvoy = await ask('/auth/ext-authz/-/orders/1?page=2&q=a%20b', { host, ...navigation });
    expect([forEnvoy.status, forEnvoy.headers.location]).toEqual([303, signIn]);
  });

  it('is refused at once when the session ends, the account is disabled, or loses the role', async () => {
    const admin = await newAdmin(service);
    const cookie = await cookieOf(admin);
    const bearer = await client.newSession(admin.email);
    const authorization = `Bearer ${bearer.accessToken}`;
    const statuses = () =>
      Promise.all([{ cookie }, { authorization }].map(async (headers) => (await check(headers, '?role=admin')).status));
    expect(await statuses()).toEqual([200, 200]);
    const setRoles = 'UPDATE account SET roles = $2 WHERE email = $1';
    await service.database.query(setRoles, [admin.email, ['user']]);
    expect(await statuses()).toEqual([403, 403]);
    await service.database.query(setRoles, [admin.email, ['user', 'admin']]);
    await service.database.query('UPDATE account SET disabled_at = now() WHERE email = $1', [admin.email]);
    expect(await statuses()).toEqual([401, 401]);
    await service.database.query('UPDATE account SET disabled_at = NULL WHERE email = $1', [admin.email]);
    expect(await statuses()).toEqual([200, 200]);
    await client.call('DELETE', '/auth/session', { headers: { origin, cookie } });
    await client.call('POST', '/auth/logout', {
      token: bearer.accessToken,
      body: { refresh_token: bearer.refreshToken },
    });
    expect(await statuses()).toEqual([401, 401]);
  });

  it('needs the role of the route; a person sees why as a page', async () => {
    const cookie = await cookieOf(await client.newAccount());
    expect((await check({ cookie }, '?role=admin')).code).toBe('role_required');
    expect((await ask('/auth/ext-authz/role=admin/orders', { host, cookie })).code).toBe('role_required');
    const page = await check({ cookie, ...navigation }, '?role=admin');
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(page.text).toContain('Your account may not open this page.');
    expect((await check({ cookie }, '?role=owner')).code).toBe('validation_failed');
    expect((await ask('/auth/ext-authz/role=owner/orders', { host, cookie })).code).toBe('validation_failed');
    expect((await ask('/auth/ext-authz/role=admin&role=user/orders', { host, cookie })).code).toBe('validation_failed');
  });

  it('needs a recent second factor where the route asks for it', async () => {
    const cookie = await cookieOf(await client.newAccount());
    const problem = await check({ cookie }, '?acr=aal2');
    expect([problem.code, problem.headers['www-authenticate']]).toEqual([
      'mfa_required',
      expect.stringContaining('acr_values="aal2"'),
    ]);
    const page = await check({ cookie, ...navigation }, '?acr=aal2');
    expect([page.status, page.headers.location]).toEqual([303, signIn.replace('?', '/confirm?acr=aal2&')]);
    // an account without one leads to the page to add one, not round between this page and the sign-in
    const confirm = await ask('/sign-in/confirm?acr=aal2', { cookie, ...navigation });
    expect([confirm.status, confirm.headers.location]).toEqual([303, '/account/authenticator']);
  });

  it('is refused if it changes something and a page of another site sends it with the cookie', async () => {
    const login = await client.newAccount();
    const cookie = await cookieOf(login);
    const post = { 'x-forwarded-method': 'POST' };
    const socket = { 'sec-websocket-version': '13', 'sec-fetch-mode': 'websocket' };
    for (const kind of [post, socket]) {
      for (const site of [{}, { origin: 'https://evil.example.com' }, { 'sec-fetch-site': 'same-site', origin }]) {
        expect((await check({ cookie, ...kind, ...site })).code).toBe('cross_site_request');
      }
      expect((await check({ cookie, ...kind, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
      expect((await check({ cookie, ...kind, origin })).status).toBe(200);
      expect((await check({ authorization: `Bearer ${login.accessToken}`, ...kind })).status).toBe(200);
    }
    expect((await ask('/auth/ext-authz/-/orders', { host, cookie }, 'DELETE')).code).toBe('cross_site_request');
  });

  it('is refused unless the gateway describes one for this host', async () => {
    const cookie = await cookieOf(await client.newAccount());
    const attacks: Headers[] = [
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-host': [host, 'evil.example'] },
      { 'x-forwarded-host': undefined },
      { 'x-forwarded-method': undefined },
      { 'x-forwarded-method': 'GET, POST' },
      { 'x-forwarded-uri': undefined },
      { 'x-forwarded-uri': '//evil.example' },
      { 'x-forwarded-uri': '/\\evil.example' },
      { 'x-forwarded-uri': 'https://evil.example/' },
      { 'x-forwarded-uri': '/orders#@evil.example' },
      { 'x-forwarded-uri': '/orders/\u00e9' },
      { 'x-forwarded-uri': ['/orders', '/account'] },
      ...[
        ...['/orders/../account', '/orders/..', '/orders/./1', '/orders/%2e%2E/account', '/orders/.%2e?page=2'],
        ...[
          '/orders/..%2faccount',
          '/orders%2F..%5Caccount',
          '/orders\\..\\account',
          '/orders/..;/account',
          '/orders/..%3B/account',
        ],
      ].map((uri) => ({ 'x-forwarded-uri': uri })),
      { x_auth_subject: 'forged' },
      { 'x-auth_roles': 'admin' },
    ];
    for (const attack of attacks) {
      for (const sender of [{ cookie }, navigation]) {
        const { status } = await check({ ...sender, ...attack });
        expect({ attack, status }).toEqual({ attack, status: 400 });
      }
    }
    expect((await ask('/auth/ext-authz/-/orders', { host: 'evil.example', cookie })).code).toBe(
      'forwarded_request_invalid',
    );
    expect((await ask('/auth/ext-authz/-//evil.example', { host, cookie })).code).toBe('forwarded_request_invalid');
  });

  it('comes back to another service of this host only', async () => {
    const locationOf = async (uri: string) => (await check({ ...navigation, 'x-forwarded-uri': uri })).headers.location;
    const ingress = parse(readFileSync(join(root, 'k8s/components/ingress/ingress.yaml'), 'utf8')) as {
      spec: { rules: { http: { paths: { path: string }[] } }[] };
    };
    const routes = ingress.spec.rules.flatMap(({ http }) => http.paths.map(({ path }) => path));
    const own = routes.filter((path) => path !== '/').map((path) => `${path}/x?y`);
    for (const uri of ['/', ...own, '/%61ccount', `/orders?${'x'.repeat(3000)}`]) {
      expect({ uri, location: await locationOf(uri) }).toEqual({ uri, location: `${origin}/sign-in` });
    }
    for (const uri of ['/orders/..a', '/orders/.well-known', '/orders/a.%2e?file=/../x']) {
      expect((await check({ ...navigation, 'x-forwarded-uri': uri })).status).toBe(303);
    }
    const split = '/orders/%0d%0aset-cookie:%20a=b';
    const quoted = `${origin}/sign-in?continue=%2Forders%2F%250d%250aset-cookie%3A%2520a%3Db`;
    expect(await locationOf(split)).toBe(quoted);

    const { email } = await client.newAccount();
    const body = new URLSearchParams({ email, password: strongPassword, continue: split });
    const signedIn = await fetch(`${service.url}/sign-in`, {
      method: 'POST',
      headers: { origin },
      body,
      redirect: 'manual',
    });
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, split]);
  });
});
