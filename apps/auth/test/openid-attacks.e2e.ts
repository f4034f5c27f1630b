import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { Client, newEmail } from './support/client.ts';
import {
  addApplication,
  authorize,
  discover,
  exchange,
  redirectUri,
  secretOf,
  signIn,
  startIssuer,
} from './support/relying-party.ts';
import { holdLimits, productionSettings, startTestService, type TestService } from './support/service.ts';
import { UserAgent, xsrfIn } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let notes: openid.Configuration;
let agent: UserAgent;

beforeAll(async () => {
  service = await startIssuer({ LOGIN_ADDRESS_BURST: '100000' });
  client = new Client(service.url);
  await addApplication(service, { client_id: 'notes' });
  await addApplication(service, {
    client_id: 'native',
    kind: 'native',
    redirect_uris: ['http://127.0.0.1/in', 'com.example.app:/in'],
  });
  notes = await discover(service, 'notes');
  const email = newEmail();
  await client.register(email);
  agent = await UserAgent.signedIn(service, client, email);
});

const parameters = {
  client_id: 'notes',
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'openid',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
};
/** Those of a request with other parameters; undefined leaves one out. */
const defined = (changes: Record<string, string | undefined>) => {
  const asked: Record<string, string | undefined> = { ...parameters, ...changes };
  return new URLSearchParams(Object.entries(asked).filter((one): one is [string, string] => one[1] !== undefined));
};
/** Asks for authorization with other parameters. */
const ask = (changes: Record<string, string | undefined>) =>
  agent.open(`/openid/authorize?${defined(changes).toString()}`);
const send = async (path: string, body: URLSearchParams) => {
  const response = await fetch(service.url + path, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as { error?: string } };
};
const token = (form: Record<string, string>) =>
  send('/openid/token', new URLSearchParams({ client_id: 'notes', client_secret: secretOf('notes'), ...form }));

describe('a redirect URI', () => {
  const variants = [
    `${redirectUri}/`,
    `${redirectUri}?`,
    `${redirectUri}?x=1`,
    `${redirectUri}#`,
    `${redirectUri}#x`,
    `${redirectUri}%20`,
    `${redirectUri} `,
    ` ${redirectUri}`,
    `${redirectUri}%00`,
    `${redirectUri}\\`,
    `${redirectUri}/../evil`,
    `${redirectUri}/..%2fevil`,
    `${redirectUri}//evil`,
    `${redirectUri};x`,
    `${redirectUri}.evil.example.com`,
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/Signed-in',
    'https://app.example.com/signed-i%6E',
    'https://app.example.com/./signed-in',
    'https://app.example.com//signed-in',
    'https://app.example.com/x/../signed-in',
    'https://APP.example.com/signed-in',
    'HTTPS://app.example.com/signed-in',
    'https:app.example.com/signed-in',
    'https:/app.example.com/signed-in',
    'https:///app.example.com/signed-in',
    'https:\\\\app.example.com/signed-in',
    'https://app.example.com:443/signed-in',
    'https://app.example.com:8443/signed-in',
    'https://app.example.com./signed-in',
    'https://app.example.com@evil.example.com/signed-in',
    'https://evil.example.com@app.example.com/signed-in',
    'https://evil.example.com#@app.example.com/signed-in',
    'https://evil.example.com?@app.example.com/signed-in',
    'https://evil.example.com\\@app.example.com/signed-in',
    'https://evil.example.com/https://app.example.com/signed-in',
    'https://app.example.com.evil.example.com/signed-in',
    'https://evil-app.example.com/signed-in',
    'https://xn--pp-wia.example.com/signed-in',
    'https://app。example。com/signed-in',
    'http://app.example.com/signed-in',
    '//app.example.com/signed-in',
    '/signed-in',
    'signed-in',
    'javascript:alert(1)',
    'data:text/html,x',
    'com.example.app:/in',
    'http://127.0.0.1/signed-in',
    'http://localhost/signed-in',
    '',
  ];

  it.each(variants)('%j is not that of the application, and nothing is sent there', async (variant) => {
    const page = await ask({ redirect_uri: variant });
    expect([page.url.origin, page.status]).toEqual([service.url, 400]);
    expect(page.headers.get('location')).toBeNull();
  });

  it('must be given once, and again with the code', async () => {
    expect((await ask({ redirect_uri: undefined })).status).toBe(400);
    const twice = await agent.open(
      `/openid/authorize?${new URLSearchParams(parameters).toString()}&redirect_uri=${encodeURIComponent('https://evil.example.com/')}`,
    );
    expect([twice.status, twice.headers.get('location')]).toEqual([400, null]);
    const { page, verifier } = await authorize(notes, agent);
    const form = {
      grant_type: 'authorization_code',
      code: String(page.url.searchParams.get('code')),
      code_verifier: verifier,
    };
    expect((await token(form)).body.error).toBe('invalid_request');
    const other = await token({ ...form, redirect_uri: 'https://app.example.com/' });
    expect(other.body.error).toBe('invalid_grant');
  });

  it('may have any port on loopback for a native application only', async () => {
    const allowed = await ask({ client_id: 'native', redirect_uri: 'http://127.0.0.1:51004/in' });
    expect(allowed.text).toContain('Allow native to use your account?');
    for (const uri of [
      'http://localhost:51004/in',
      'http://127.0.0.1.evil.example.com/in',
      'http://127.0.0.1:1@evil.example.com/in',
    ]) {
      expect((await ask({ client_id: 'native', redirect_uri: uri })).status).toBe(400);
    }
  });
});

describe('PKCE', () => {
  beforeAll(() => addApplication(service, { client_id: 'single-page', kind: 'single_page' }));

  it.each([
    [{ code_challenge: undefined, code_challenge_method: undefined }],
    [{ code_challenge_method: 'plain' }],
    [{ code_challenge_method: undefined }],
  ])('can not be left out or weakened by %j, by no kind of client, nor where a request is pushed', async (changes) => {
    for (const client_id of ['notes', 'single-page', 'native']) {
      const own = { client_id, redirect_uri: client_id === 'native' ? 'com.example.app:/in' : redirectUri };
      const { url } = await ask({ ...own, ...changes });
      const secret = client_id === 'notes' ? { client_secret: secretOf('notes') } : {};
      const pushed = await send('/openid/par', defined({ ...own, ...changes, ...secret }));
      expect([client_id, url.searchParams.get('error')]).toEqual([client_id, 'invalid_request']);
      expect([client_id, pushed.status, pushed.body.error]).toEqual([client_id, 400, 'invalid_request']);
    }
  });

  it('needs the verifier', async () => {
    for (const code_verifier of [undefined, openid.randomPKCECodeVerifier()]) {
      const { page } = await authorize(notes, agent);
      const code = String(page.url.searchParams.get('code'));
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
      expect((await token({ ...form, ...(code_verifier && { code_verifier }) })).body.error).toBe('invalid_grant');
    }
  });
});

describe('a code', () => {
  it('is of no use to another application', async () => {
    await addApplication(service, { client_id: 'thief' });
    const request = await authorize(notes, agent);
    await expect(exchange(await discover(service, 'thief'), request)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(notes, request)).access_token).toBeTruthy();
  });

  it('comes with the issuer, by which a client that uses several tells them apart', async () => {
    const request = await authorize(notes, agent);
    expect(request.page.url.searchParams.get('iss')).toBe(service.url);
    const url = new URL(request.page.url);
    url.searchParams.set('iss', 'https://evil.example.com');
    await expect(exchange(notes, { ...request, page: { ...request.page, url } })).rejects.toThrow();
  });

  it('is stored as a hash in an encrypted row, and a refresh token as a hash', async () => {
    const request = await authorize(notes, agent);
    const code = String(request.page.url.searchParams.get('code'));
    const { refresh_token: refreshToken = '' } = await exchange(notes, request);
    const { rows } = await service.database.query<{ stored: string }>(
      'SELECT a::text AS stored FROM openid_artifact a UNION ALL SELECT r::text FROM openid_refresh_token r',
    );
    expect(rows.length).toBeGreaterThan(1);
    const hex = (text: string, encoding?: BufferEncoding) => Buffer.from(text, encoding).toString('hex');
    // bytea is written in hexadecimal
    const secrets = [code, refreshToken].flatMap((one) => [one, hex(one), hex(one, 'base64url')]);
    const texts = ['accountId', 'codeChallenge'].map((name) => hex(name));
    const found = (needles: string[]) => rows.filter(({ stored }) => needles.some((one) => stored.includes(one)));
    expect(found([...secrets, ...texts])).toEqual([]);
  });

  it('is of no use if its row has got the payload of another person’s', async () => {
    const { email } = await client.newAccount();
    const victim = await authorize(notes, await UserAgent.signedIn(service, client, email));
    const { page, state } = await authorize(notes, agent);
    const codes = [page, victim.page].map(({ url }) => url.searchParams.get('code'));
    const { rowCount } = await service.database.query(
      `UPDATE openid_artifact a SET payload = o.payload FROM openid_artifact o
       WHERE a.id_hash = sha256(('AuthorizationCode ' || $1)::bytea)
         AND o.id_hash = sha256(('AuthorizationCode ' || $2)::bytea)`,
      codes,
    );
    expect(rowCount).toBe(1);
    await expect(exchange(notes, { ...victim, page, state })).rejects.toThrow();
  });
});

describe('text that PostgreSQL can not store', () => {
  let unicode: openid.Configuration;
  beforeAll(async () => {
    await addApplication(service, { client_id: 'unicode', kind: 'single_page' });
    unicode = await discover(service, 'unicode', openid.None());
  });

  it('is refused as a client id, and comes back as a nonce', async () => {
    const refused = await ask({ client_id: 'notes\0' });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('<code>invalid_client')]);
    expect(await token({ client_id: 'notes\0', grant_type: 'client_credentials' })).toMatchObject({ status: 401 });
    for (const application of [notes, unicode]) {
      const request = await authorize(application, agent, { nonce: 'n\0' });
      const tokens = await exchange(application, { ...request, nonce: 'n\0' });
      const refreshed = await openid.refreshTokenGrant(application, String(tokens.refresh_token));
      expect(decodeJwt(String(refreshed.id_token))['nonce']).toBe('n\0');
    }
  });

  it.each(['\ud800', '\udbff', '\udc00', '\udfff', '\ud83d\ude00'])(
    'is refreshed as part of the claims that a public application asks for: %j',
    async (value) => {
      const claims = JSON.stringify({ userinfo: { name: { value } } });
      const tokens = await signIn(unicode, agent, { claims });
      const refreshed = await openid.refreshTokenGrant(unicode, String(tokens.refresh_token));
      expect(refreshed.access_token).toBeTruthy();
    },
  );
});

describe('what is off', () => {
  it.each(['token', 'id_token', 'code token', 'none'])('the response type %s', async (response_type) => {
    const page = await ask({ response_type, nonce: 'n' });
    expect(page.url.hash + page.url.search).toMatch(
      /error=(unsupported_response_type|unauthorized_client|invalid_request)/,
    );
  });

  it('the password grant, and dynamic registration', async () => {
    expect((await token({ grant_type: 'password', username: 'a', password: 'b' })).body.error).toBe(
      'unsupported_grant_type',
    );
    expect((await client.call('POST', '/openid/reg', { body: {} })).status).toBe(404);
  });

  it('pages in frames, and scripts', async () => {
    const page = await ask({ client_id: 'native', redirect_uri: 'com.example.app:/in' });
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
  });
});

describe('a session', () => {
  it('can not be planted: the library accepts no session id of its own making', async () => {
    const planted = new UserAgent(service);
    const page = await planted.open('/openid/logout');
    const cookie = String(planted.cookie('session'));
    expect(page.status).toBe(200);
    const request = await authorize(notes, planted);
    expect(request.page.url.pathname).toBe('/sign-in');
    expect(planted.cookie('session')).toBe(cookie);
    const { email } = await client.newAccount();
    await planted.signIn(service, client, email);
    const victimless = new UserAgent(service);
    const opened = await victimless.open('/openid/authorize?' + new URLSearchParams(parameters).toString(), {
      headers: { cookie: `session=${cookie}` },
    });
    expect(opened.url.pathname).toBe('/sign-in');
  });

  it('of a disabled account gives no tokens', async () => {
    const { email } = await client.newAccount();
    const disabled = await UserAgent.signedIn(service, client, email);
    const tokens = await signIn(notes, disabled);
    await service.database.query('UPDATE account SET disabled_at = now() WHERE email = $1', [email]);
    await expect(openid.refreshTokenGrant(notes, String(tokens.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect((await authorize(notes, disabled)).page.url.pathname).toBe('/sign-in');
    await expect(
      openid.fetchUserInfo(notes, tokens.access_token, String(decodeJwt(tokens.access_token).sub)),
    ).rejects.toThrow();
  });

  it('of this service’s own API opens no userinfo', async () => {
    const { accessToken } = await client.newAccount();
    const { status } = await client.call('GET', '/openid/userinfo', { token: accessToken });
    expect(status).toBe(401);
  });
});

describe('a request that somebody else has begun', () => {
  it('goes on in no other browser, although another host of the domain has set the library’s cookies there', async () => {
    const native = await discover(service, 'native', openid.None());
    const code = await openid.initiateDeviceAuthorization(native, { scope: 'openid' });
    const attacker = new UserAgent(service);
    const form = await attacker.open('/openid/device');
    const typed = { xsrf: xsrfIn(form), user_code: code.user_code };
    const asked = await attacker.open('/openid/device', { form: typed });
    const begun = await attacker.open('/openid/device', {
      form: { xsrf: xsrfIn(asked), user_code: code.user_code, confirm: 'yes' },
    });
    const path = String(begun.url.searchParams.get('continue'));
    expect(path).toMatch(/^\/openid\/interactions\//);
    const uid = path.slice('/openid/interactions/'.length);
    const email = newEmail();
    await client.register(email);
    const victim = await UserAgent.signedIn(service, client, email);
    victim.plant({ interaction: uid, resume: uid });
    expect((await victim.open(path)).status).toBe(404);
    // even in the browser that has begun it, the person is asked
    await attacker.signIn(service, client, email);
    expect((await attacker.open(path)).text).not.toContain('Your device is connected');
    const waiting = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'native',
      device_code: code.device_code,
    });
    const answer = await fetch(`${service.url}/openid/token`, { method: 'POST', body: waiting });
    expect(await answer.json()).toMatchObject({ error: 'authorization_pending' });
  });
});

describe('a redirect URI that looks like a request of this service', () => {
  it('adds none to those that the browser has begun', async () => {
    const uid = 'begun-by-somebody-else';
    const trap = `https://evil.example.com/openid/interactions/${uid}`;
    await addApplication(service, { client_id: 'trap', redirect_uris: [trap] });
    const page = await ask({ client_id: 'trap', redirect_uri: trap });
    expect([page.url.origin, page.url.searchParams.has('code')]).toEqual(['https://evil.example.com', true]);
    expect(page.headers.getSetCookie().filter((cookie) => cookie.includes(uid))).toEqual([]);
  });
});

describe('what callers may do who have proved nothing', () => {
  it('is limited by IP address: guesses of a device’s code, and what their requests store', async () => {
    const limited = await startIssuer({ LOGIN_ADDRESS_BURST: '5' });
    await holdLimits(limited);
    await addApplication(limited, { client_id: 'page', kind: 'single_page' });
    const agent = new UserAgent(limited);
    const xsrf = xsrfIn(await agent.open('/openid/device'));
    const guesses = [];
    for (let i = 0; i < 8; i += 1) {
      guesses.push((await agent.open('/openid/device', { form: { xsrf, user_code: 'BCDF-GHJK' } })).status);
    }
    expect(guesses.slice(5)).toEqual([429, 429, 429]);
    await limited.database.query('DELETE FROM attempt');
    const body = new URLSearchParams({
      client_id: 'page',
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    const stored = [];
    for (let i = 0; i < 4; i += 1) {
      stored.push((await fetch(`${limited.url}/openid/par`, { method: 'POST', body })).status);
      const opened = await fetch(`${limited.url}/openid/authorize?${body.toString()}`, { redirect: 'manual' });
      stored.push(opened.status);
    }
    expect(stored).toEqual([201, 303, 201, 303, 201, 429, 429, 429]);
    body.set('state', 'x'.repeat(9000));
    expect((await fetch(`${service.url}/openid/authorize?${body.toString()}`, { redirect: 'manual' })).status).toBe(
      400,
    );
  });
});

describe('a form of another site', () => {
  it.each([
    ['/openid/device', '/openid/device'],
    ['/openid/logout/confirm', '/openid/logout'],
  ])('changes no session at %s', async (path, shown) => {
    // even with all that the form of this service has
    const { email } = await client.newAccount();
    const person = await UserAgent.signedIn(service, client, email);
    const xsrf = xsrfIn(await person.open(shown));
    expect(xsrf).not.toBe('');
    const form = { xsrf, user_code: 'BCDF-GHJK', logout: 'yes' };
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example.com' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      const answer = await person.open(path, { form, headers });
      expect([answer.status, answer.url.pathname, answer.headers.getSetCookie()]).toEqual([403, path, []]);
    }
    expect((await person.open('/account')).url.pathname).toBe('/account');

    for (const headers of [...foreign, {}]) {
      const body = new URLSearchParams({ xsrf: 'guess', user_code: 'BCDF-GHJK', logout: 'yes' });
      // without the session's cookie, as browsers send it
      const answer = await fetch(service.url + path, { method: 'POST', redirect: 'manual', headers, body });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
    }
  });
});

it('decides nothing at the page for consent, whose reader gets the reason in the language that the application has stated', async () => {
  const path = '/openid/interactions/unknown?ui_locales=de';
  const body = new URLSearchParams({ decision: 'allow' });
  const decide = (headers: Record<string, string>) =>
    fetch(service.url + path, { method: 'POST', headers: { accept: 'text/html', ...headers }, body });
  const foreign = await decide({ 'sec-fetch-site': 'cross-site' });
  expect([foreign.status, await foreign.text()]).toEqual([403, expect.stringContaining('anderen Website')]);
  const late = await decide({ 'sec-fetch-site': 'same-origin' });
  expect([late.status, await late.text()]).toEqual([404, expect.stringContaining('Die Anfrage der Anwendung')]);
});

describe('client authentication', () => {
  it('is limited by IP address once it fails', async () => {
    const limited = await startIssuer({ LOGIN_ADDRESS_BURST: '3' });
    await holdLimits(limited);
    await addApplication(limited, { client_id: 'notes' });
    const statuses = [];
    for (let i = 0; i < 5; i += 1) {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: 'notes',
        client_secret: `guess-${String(i)}`,
      });
      statuses.push((await fetch(`${limited.url}/openid/token`, { method: 'POST', body })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const { rows } = await limited.database.query("SELECT detail FROM audit_event WHERE type = 'client.token_refused'");
    expect(rows).toEqual(Array.from({ length: 3 }, () => ({ detail: { endpoint: 'token', client_id: 'notes' } })));
    const tooLarge = await fetch(`${limited.url}/openid/token`, {
      method: 'POST',
      body: new URLSearchParams({ x: 'y'.repeat(20_000) }),
    });
    expect([tooLarge.status, ((await tooLarge.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
  });
});

describe('a page of another origin', () => {
  it('gets tokens only if the application has that origin', async () => {
    await addApplication(service, { client_id: 'page', kind: 'single_page' });
    const refresh = (origin: string) =>
      fetch(`${service.url}/openid/token`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'page' }),
      });
    const own = await refresh('https://app.example.com');
    expect([own.headers.get('access-control-allow-origin'), (await own.json()) as object]).toEqual([
      'https://app.example.com',
      expect.objectContaining({ error: 'invalid_grant' }),
    ]);
    const foreign = await refresh('https://evil.example.com');
    expect([foreign.headers.get('access-control-allow-origin'), (await foreign.json()) as object]).toEqual([
      null,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
    for (const answer of [own, foreign]) {
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('vary')).toMatch(/origin/i);
    }
    const preflight = await fetch(`${service.url}/openid/token`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'dpop',
      },
    });
    expect([
      preflight.status,
      preflight.headers.get('access-control-max-age'),
      preflight.headers.get('access-control-allow-headers'),
    ]).toEqual([204, '7200', expect.stringMatching(/\bdpop\b/)]);
  });
});

describe('in production', () => {
  it('binds cookies to HTTPS and to one request, and names the public URL only, whatever a proxy says', async () => {
    const production = await startTestService(productionSettings);
    await addApplication(production, { client_id: 'notes' });
    const query = new URLSearchParams(parameters).toString();
    const headers = {
      'x-forwarded-host': 'evil.example.com',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example.com',
    };
    const answer = await fetch(`${production.url}/openid/authorize?${query}`, { redirect: 'manual', headers });
    const location = String(answer.headers.get('location'));
    expect([answer.status, location]).toEqual([303, expect.stringMatching(/^\/openid\/interactions\/[\w-]+$/)]);
    const uid = location.split('/').at(-1) ?? '';
    const [interactions, resume, ...others] = answer.headers.getSetCookie();
    expect(others).toEqual([]);
    for (const [cookie, name, path] of [
      [interactions, '__Host-interactions', '/'],
      [resume, '__Secure-resume', `/openid/authorize/${uid}`],
    ]) {
      expect(cookie).toMatch(new RegExp(`^${String(name)}=${uid};.* path=${String(path)};`, 'i'));
      for (const attribute of [/; secure/i, /; httponly/i, /; samesite=lax/i]) {
        expect(cookie).toMatch(attribute);
      }
    }
    const discovery = await fetch(`${production.url}/.well-known/openid-configuration`, { headers });
    expect(JSON.stringify(await discovery.json())).not.toMatch(/evil|127\.0\.0\.1|http:/);
    const sign = await fetch(production.url + location, {
      redirect: 'manual',
      headers: { cookie: String(interactions).split(';')[0] ?? '' },
    });
    expect(sign.headers.get('location')).toBe(`/sign-in?continue=${encodeURIComponent(location)}`);
  });
});
