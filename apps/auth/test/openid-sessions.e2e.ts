import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteJWKSet, decodeJwt, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail } from './support/client.ts';
import {
  addApplication,
  authorize,
  discover,
  exchange,
  secretOf,
  signIn,
  startIssuer,
} from './support/relying-party.ts';
import { strongPassword, type TestService } from './support/service.ts';
import { UserAgent, xsrfIn } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let notes: openid.Configuration;
/** The application's own server, which receives logout tokens. */
let server: Server;
let received: string[] = [];
let answers: number[] = [];

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      received.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(answers.shift() ?? 200, { location: 'http://127.0.0.1:1/' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const backchannel = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/logout`;
  await addApplication(service, { client_id: 'notes', backchannel_logout_uri: backchannel });
  notes = await discover(service, 'notes');
});
afterAll(() => {
  server.close();
});

async function newPerson() {
  const email = newEmail();
  await client.register(email);
  const agent = await UserAgent.signedIn(service, client, email);
  const tokens = await signIn(notes, agent);
  const { sid, sub } = decodeJwt<{ sid: string; sub: string }>(tokens.access_token);
  return { email, agent, tokens, sid, sub };
}

/** The logout tokens of a session so far. Those of sessions that earlier tests have ended may still arrive. */
const tokensOf = (sid: string) => received.filter((token) => decodeJwt(token)['sid'] === sid);

/** The claims of a session's next logout token, which is verified as applications do. */
async function logoutToken(sid: string) {
  for (let tries = 0; tries < 600 && tokensOf(sid).length === 0; tries += 1) {
    await sleep(100);
  }
  const [token = ''] = tokensOf(sid);
  received = received.filter((other) => other !== token);
  const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
  const options = { issuer: service.url, audience: 'notes', typ: 'logout+jwt', algorithms: ['ES256'] };
  return (await jwtVerify(token, keys, options)).payload;
}

describe('back-channel logout', () => {
  const ends: [string, (person: Awaited<ReturnType<typeof newPerson>>) => Promise<unknown>][] = [
    [
      'ended in the list',
      async ({ email, sid }) => {
        const { accessToken } = await client.newSession(email);
        return client.call('DELETE', `/auth/sessions/${sid}`, { token: accessToken });
      },
    ],
    [
      'ended by a new password',
      async ({ email }) => {
        const { accessToken } = await client.newSession(email);
        const body = { current_password: strongPassword, new_password: 'amber-walrus-sings-17-tunes' };
        return client.call('PUT', '/auth/me/password', { token: accessToken, body });
      },
    ],
    [
      'ended by disabling the account',
      async ({ sub }) => {
        const { accessToken } = await newAdmin(service);
        return client.call('POST', `/auth/admin/accounts/${sub}/disable`, { token: accessToken });
      },
    ],
    [
      'ended with its account',
      async ({ email }) => {
        const { accessToken } = await client.newSession(email);
        return client.call('DELETE', '/auth/me', { token: accessToken, body: { password: strongPassword } });
      },
    ],
  ];

  it.each(ends)('tells an application about a session %s', async (_how, end) => {
    const person = await newPerson();
    await end(person);
    expect(await logoutToken(person.sid)).toMatchObject({
      sub: person.sub,
      sid: person.sid,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    const left = await service.database.query('SELECT FROM openid_grant WHERE session_id = $1', [person.sid]);
    expect(left.rowCount).toBe(0);
  });

  it('repeats a notification that was refused, and follows no redirect', async () => {
    const { sid } = await newPerson();
    answers = [307];
    await service.database.query('DELETE FROM session WHERE id = $1', [sid]);
    expect(await logoutToken(sid)).toMatchObject({ sid });
    await service.database.query('UPDATE logout_notification SET next_attempt_at = now()');
    expect(await logoutToken(sid)).toMatchObject({ sid });
  });

  it('does not wait for an application that never responds', async () => {
    const silent = createSocketServer().listen(0, '127.0.0.1').unref();
    await once(silent, 'listening');
    const uri = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/`;
    const id = await addApplication(service, { client_id: 'silent', backchannel_logout_uri: uri });
    await service.database.query(
      `INSERT INTO logout_notification (application_id, session_id, account_id)
       SELECT $1, gen_random_uuid(), gen_random_uuid() FROM generate_series(1, 100)`,
      [id],
    );
    const connected = once(silent, 'connection');
    const { sid } = await newPerson();
    await connected;
    await service.database.query('DELETE FROM session WHERE id = $1', [sid]);
    expect(await logoutToken(sid)).toMatchObject({ sid });
    await service.database.query('DELETE FROM application WHERE id = $1', [id]);
  });

  it('says nothing about a grant that ends while its session goes on', async () => {
    const { tokens, agent, sid } = await newPerson();
    await openid.tokenRevocation(notes, String(tokens.refresh_token));
    await expect(openid.refreshTokenGrant(notes, String(tokens.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const { rowCount } = await service.database.query('SELECT FROM logout_notification WHERE session_id = $1', [sid]);
    expect([rowCount, tokensOf(sid)]).toEqual([0, []]);
    expect((await signIn(notes, agent)).access_token).toBeTruthy();
  });
});

describe('a session that ends while applications refresh', () => {
  it('ends without a fault: each refresh comes before or after', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { email, tokens, sid } = await newPerson();
      const { accessToken } = await client.newSession(email);
      const refresh = async () => {
        const body = new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: String(tokens.refresh_token),
          client_id: 'notes',
          client_secret: secretOf('notes'),
        });
        return (await fetch(`${service.url}/openid/token`, { method: 'POST', body })).status;
      };
      const [ended, ...statuses] = await Promise.all([
        client.call('DELETE', `/auth/sessions/${sid}`, { token: accessToken }).then(({ status }) => status),
        ...Array.from({ length: 30 }, refresh),
      ]);
      expect(ended).toBe(204);
      expect(statuses.filter((status) => status !== 200 && status !== 400)).toEqual([]);
      expect(await refresh()).toBe(400);
    }
  });
});

describe('sign-out by an application', () => {
  const logoutUrl = (parameters: Record<string, string>) => openid.buildEndSessionUrl(notes, parameters);
  const confirm = (agent: UserAgent, text: string) =>
    agent.open('/openid/logout/confirm', { form: { xsrf: xsrfIn({ text }), logout: 'yes' } });

  it('ends the session, and returns to the application', async () => {
    const { agent, tokens, sid } = await newPerson();
    const parameters = { post_logout_redirect_uri: 'https://app.example.com/', state: 'there' };
    const page = await agent.open(logoutUrl({ id_token_hint: String(tokens.id_token), ...parameters }));
    expect(page.text).toContain('document.forms[0].submit()');
    const policy = String(page.headers.get('content-security-policy'));
    expect(policy).toMatch(/^default-src 'none'; style-src 'self'; script-src 'sha256-[\w+/=]+';/);
    const back = await confirm(agent, page.text);
    expect(back.url.href).toBe('https://app.example.com/?state=there');
    expect(await logoutToken(sid)).toMatchObject({ sid });
    expect(agent.cookie('session')).toBeUndefined();
    const { rowCount } = await service.database.query('SELECT FROM session WHERE id = $1', [sid]);
    expect(rowCount).toBe(0);
    const events = "SELECT FROM audit_event WHERE type = 'session.revoked' AND detail->'session_ids' ? $1";
    expect((await service.database.query(events, [sid])).rowCount).toBe(1);
  });

  it('needs a click if anybody else could have asked for it, and the secret of the page', async () => {
    const { agent, sid } = await newPerson();
    const page = await agent.open(logoutUrl({}));
    expect(page.text).toContain('>Sign out</button>');
    expect(page.text).not.toContain('<script');
    const forged = await agent.open('/openid/logout/confirm', { form: { xsrf: 'guess', logout: 'yes' } });
    expect(forged.status).toBe(400);
    expect((await service.database.query('SELECT FROM session WHERE id = $1', [sid])).rowCount).toBe(1);
    const evil = await agent.open(logoutUrl({ post_logout_redirect_uri: 'https://evil.example.com/' }));
    expect([evil.status, evil.url.origin]).toEqual([400, service.url]);
  });

  it('needs a click if an application of somebody else asks for it', async () => {
    await addApplication(service, { client_id: 'other', first_party: false });
    const other = await discover(service, 'other');
    const { agent } = await newPerson();
    const request = await authorize(other, agent);
    const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
    const { id_token: hint } = await exchange(other, { ...request, page });
    const asked = await agent.open(openid.buildEndSessionUrl(other, { id_token_hint: String(hint) }));
    expect(asked.text).toContain('>Sign out</button>');
    expect(asked.text).not.toContain('<script');
  });

  it('needs a click if the key of the ID token has been purged, and then returns to the application', async () => {
    const { agent, tokens, sid } = await newPerson();
    const { privateKey } = await generateKeyPair('ES256');
    const hint = await new SignJWT({ ...tokens.claims() })
      .setProtectedHeader({ alg: 'ES256', kid: 'purged' })
      .sign(privateKey);
    const page = await agent.open(
      logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: 'https://app.example.com/' }),
    );
    expect(page.text).toContain('>Sign out</button>');
    expect(page.text).not.toContain('<script');
    expect((await confirm(agent, page.text)).url.href).toBe('https://app.example.com/');
    expect((await service.database.query('SELECT FROM session WHERE id = $1', [sid])).rowCount).toBe(0);
  });

  it('works without a session', async () => {
    const agent = new UserAgent(service);
    const page = await agent.open(logoutUrl({}));
    const done = await confirm(agent, page.text);
    expect([done.status, done.url.pathname]).toEqual([200, '/openid/logout/success']);
  });
});

describe('prompt and max_age', () => {
  it('send a person to confirm who they are, and go on once they have', async () => {
    const { agent, sid, sub } = await newPerson();
    for (const [name, value] of [
      ['prompt', 'login'],
      ['max_age', '0'],
    ] as const) {
      await service.database.query("UPDATE session SET authenticated_at = now() - interval '1 h' WHERE id = $1", [sid]);
      const began = Math.floor(Date.now() / 1000);
      const request = await authorize(notes, agent, { [name]: value });
      expect(request.page.url.pathname).toBe('/sign-in/confirm');
      const next = String(request.page.url.searchParams.get('continue'));
      expect((await agent.open(next)).url.pathname).toBe('/sign-in/confirm');
      const form = { account: sub, password: strongPassword, continue: next };
      const page = await agent.open('/sign-in/confirm', { form });
      const claims = (await exchange(notes, { ...request, page })).claims();
      expect(claims?.['sid']).toBe(sid);
      expect(claims?.auth_time).toBeGreaterThanOrEqual(began);
    }
  });

  it('fail where nobody may be asked', async () => {
    const { page } = await authorize(notes, new UserAgent(service), { prompt: 'none' });
    expect(page.url.searchParams.get('error')).toBe('login_required');
  });

  it('ask for consent, also for an application of the operator', async () => {
    const { agent } = await newPerson();
    const request = await authorize(notes, agent, { prompt: 'consent' });
    expect(request.page.text).toContain('Allow notes to use your account?');
    const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
    expect((await exchange(notes, { ...request, page })).access_token).toBeTruthy();
  });

  it('have no other values: a browser has one session, so that there is no account to select', async () => {
    const { agent } = await newPerson();
    for (const prompt of ['select_account', 'create', 'none login']) {
      const { page } = await authorize(notes, agent, { prompt });
      expect(page.url.searchParams.get('error')).toBe('invalid_request');
    }
  });

  it('begin again for another person who signs in instead', async () => {
    const { agent } = await newPerson();
    const request = await authorize(notes, agent, { prompt: 'login' });
    const other = newEmail();
    await client.register(other);
    const sid = await agent.signIn(service, client, other);
    const page = await agent.open(String(request.page.url.searchParams.get('continue')));
    expect((await exchange(notes, { ...request, page })).claims()).toMatchObject({ email: other, sid });
  });
});

describe('acr_values=aal2', () => {
  it('asks an account with a second factor to prove it, and no other account', async () => {
    const { agent, sid, sub } = await newPerson();
    expect((await signIn(notes, agent, { acr_values: 'aal2' })).claims()).toMatchObject({ acr: 'aal1' });
    await service.database.query("INSERT INTO totp (account_id, secret, confirmed_at) VALUES ($1, 'secret', now())", [
      sub,
    ]);
    const request = await authorize(notes, agent, { acr_values: 'aal2' });
    expect(request.page.url.pathname).toBe('/sign-in/confirm');
    await service.database.query("UPDATE session SET amr = '{pwd,otp,mfa}' WHERE id = $1", [sid]);
    const page = await agent.open(String(request.page.url.searchParams.get('continue')));
    expect((await exchange(notes, { ...request, page })).claims()).toMatchObject({
      acr: 'aal2',
      amr: ['pwd', 'otp', 'mfa'],
    });
  });
});
