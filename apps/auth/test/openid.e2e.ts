import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomUUID } from 'node:crypto';
import * as openid from 'openid-client';
import { Client, newEmail } from './support/client.ts';
import {
  addApplication,
  authorizationUrl,
  authorize,
  discover,
  exchange,
  redirectUri,
  secretOf,
  signIn,
  startIssuer,
} from './support/relying-party.ts';
import { Program } from './support/program.ts';
import { strongPassword, testEnvironment, type TestService } from './support/service.ts';
import { UserAgent, xsrfIn, type Page } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let notes: openid.Configuration;
let page: openid.Configuration;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  await addApplication(service, { client_id: 'notes', scopes: ['notes:read'], resources: ['https://api.example.com'] });
  notes = await discover(service, 'notes');
  await addApplication(service, { client_id: 'page', kind: 'single_page' });
  page = await discover(service, 'page', openid.None());
});

/** OpenID Connect Core §5.4, as far as accounts have them. */
const profileClaims = ['name', 'given_name', 'family_name', 'picture', 'locale', 'zoneinfo', 'updated_at'];

async function newAgent() {
  const email = newEmail();
  await client.register(email);
  return { email, agent: await UserAgent.signedIn(service, client, email) };
}

/** Sends the form of a page to where it leads. */
const submit = (agent: UserAgent, page: Page, fields: Record<string, string>) => {
  const [, action = ''] = /action="([^"]*)"/.exec(page.text) ?? [];
  return agent.open(new URL(action, page.url), { form: { xsrf: xsrfIn(page), ...fields } });
};

describe('discovery', () => {
  it('describes the provider at the public URL, with the service’s own key set', async () => {
    const { body } = await client.call('GET', '/.well-known/openid-configuration');
    expect(body).toMatchObject({
      issuer: service.url,
      authorization_endpoint: `${service.url}/openid/authorize`,
      token_endpoint: `${service.url}/openid/token`,
      jwks_uri: `${service.url}/.well-known/jwks.json`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
      authorization_response_iss_parameter_supported: true,
      backchannel_logout_supported: true,
      claims_supported: expect.arrayContaining(profileClaims),
    });
    const other = await client.call('GET', '/.well-known/oauth-authorization-server', {
      headers: { host: 'evil.example' },
    });
    expect(other.body).toEqual(body);
    expect(other.headers.get('x-request-id')).toBeTruthy();
  });
});

describe('the built program', () => {
  it('serves the provider, and logs each of its requests in JSON without the query', async () => {
    const environment = { DATABASE_URL: service.databaseUrl, TOKEN_ISSUER: service.url, LOG_LEVEL: 'info' };
    const program = new Program({ ...process.env, ...testEnvironment(environment) });
    const url = await program.url();
    expect((await fetch(`${url}/openid/authorize?client_id=notes&state=secret-state`)).status).toBe(400);
    await fetch(`${url}/.well-known/openid-configuration`);
    program.child.kill('SIGTERM');
    expect(await program.exit()).toBe(0);
    const requests = program.lines().filter(({ req }) => req !== undefined);
    expect(requests).toEqual([
      expect.objectContaining({ req: expect.objectContaining({ path: '/openid/authorize' }), res: { status: 400 } }),
      expect.objectContaining({ req: expect.objectContaining({ path: '/.well-known/openid-configuration' }) }),
    ]);
    expect(program.output).not.toContain('secret-state');
  });
});

describe('the authorization code flow', () => {
  it('signs a person in with openid-client, and its access token opens this service', async () => {
    const { email, agent } = await newAgent();
    // long before the request, so that no other time passes for it
    const { rows } = await service.database.query(
      `UPDATE session SET authenticated_at = now() - interval '1 hour'
       WHERE browser_hash IS NOT NULL AND account_id = (SELECT id FROM account WHERE email = $1)
       RETURNING floor(extract(epoch FROM authenticated_at))::int AS auth_time`,
      [email],
    );
    const tokens = await signIn(notes, agent);
    expect(tokens.claims()).toMatchObject({ auth_time: rows[0]?.auth_time });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(tokens.claims()).toMatchObject({ email, email_verified: false, roles: ['user'], acr: 'aal1', amr: ['pwd'] });
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({ client_id: 'notes', aud: 'devopslocally', iss: service.url, acr: 'aal1' });
    expect(claims['sid']).toBe(tokens.claims()?.['sid']);
    const me = await client.me(tokens.access_token);
    expect([me.status, me.body.email]).toEqual([200, email]);
    const userinfo = await openid.fetchUserInfo(notes, tokens.access_token, String(tokens.claims()?.sub));
    expect(userinfo).toMatchObject({ email, email_verified: false });
  });

  it('shows the profile to applications in ID tokens and at userinfo, but not in access tokens', async () => {
    const { email, agent } = await newAgent();
    const { accessToken: token } = await client.newSession(email);
    const profile = { name: 'Ada King', given_name: 'Ada', zoneinfo: 'Europe/London' };
    const body = { ...profile, public_metadata: { theme: 'dark' } };
    expect((await client.call('PATCH', '/auth/me', { token, body })).status).toBe(200);
    const { rows } = await service.database.query(
      'SELECT floor(extract(epoch FROM profile_changed_at))::int AS updated_at FROM account WHERE email = $1',
      [email],
    );
    const shown = { ...profile, ...rows[0] };
    const absent = ['family_name', 'picture', 'locale', 'public_metadata', 'private_metadata'];
    const tokens = await signIn(notes, agent);
    const userinfo = await openid.fetchUserInfo(notes, tokens.access_token, String(tokens.claims()?.sub));
    for (const claims of [tokens.claims() ?? {}, userinfo]) {
      expect(claims).toMatchObject(shown);
      expect(Object.keys(claims).filter((claim) => absent.includes(claim))).toEqual([]);
    }
    expect(Object.keys(decodeJwt(tokens.access_token)).filter((claim) => claim in shown)).toEqual([]);
    const other = await signIn(notes, agent, { scope: 'openid email' });
    expect(Object.keys(other.claims() ?? {}).filter((claim) => claim in shown)).toEqual([]);
    const rest = { family_name: 'King', picture: 'https://example.com/ada.png', locale: 'de' };
    expect((await client.call('PATCH', '/auth/me', { token, body: rest })).status).toBe(200);
    expect((await signIn(notes, agent)).claims()).toMatchObject({ ...profile, ...rest });
    const later = await openid.fetchUserInfo(notes, tokens.access_token, String(tokens.claims()?.sub));
    expect(later).toMatchObject({ ...profile, ...rest });
  });

  it('serves further requests of the same session without asking, each application with its own grant', async () => {
    const { agent } = await newAgent();
    await addApplication(service, { client_id: 'tasks' });
    const first = await signIn(notes, agent);
    const cookie = agent.cookie('session');
    const second = await signIn(await discover(service, 'tasks'), agent, { prompt: 'none' });
    expect(second.claims()?.['sid']).toBe(first.claims()?.['sid']);
    expect(agent.cookie('session')).toBe(cookie);
  });

  it('sends a person without a session to the sign-in page, and goes on after it', async () => {
    const email = newEmail();
    await client.register(email);
    const agent = new UserAgent(service);
    const request = await authorize(notes, agent);
    const { page } = request;
    expect([page.url.pathname, page.url.searchParams.get('continue')]).toEqual([
      '/sign-in',
      expect.stringMatching(/^\/openid\/interactions\//),
    ]);
    await agent.signIn(service, client, email);
    const back = await agent.open(String(page.url.searchParams.get('continue')));
    const tokens = await exchange(notes, { ...request, page: back });
    expect(tokens.claims()).toMatchObject({ email });
  });

  it('gives access tokens for another resource, which this service rejects', async () => {
    const { agent } = await newAgent();
    const resource = 'https://api.example.com';
    const tokens = await signIn(notes, agent, { resource, scope: 'openid notes:read' });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: resource, scope: 'notes:read' });
    expect((await client.me(tokens.access_token)).body.code).toBe('token_invalid');
    const foreign = await authorize(notes, agent, { resource: 'https://other.example.com' });
    expect(foreign.page.url.searchParams.get('error')).toBe('invalid_target');
  });

  it('ends the grant if a code comes a second time', async () => {
    const { agent } = await newAgent();
    const request = await authorize(notes, agent);
    const tokens = await exchange(notes, request);
    await expect(exchange(notes, request)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(openid.refreshTokenGrant(notes, String(tokens.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const { rows } = await service.database.query("SELECT detail FROM audit_event WHERE type = 'grant.reused'");
    expect(rows).toContainEqual({ detail: { application_id: expect.any(String), grant_type: 'authorization_code' } });
  });

  it('ends the access tokens of a grant for good: a later grant of the same session has its own', async () => {
    const { agent } = await newAgent();
    const { access_token: stolen } = await signIn(notes, agent);
    await openid.tokenRevocation(notes, stolen);
    const { access_token: own } = await signIn(notes, agent);
    const outcome = async (token: string) => {
      const { active } = await openid.tokenIntrospection(notes, token);
      const userinfo = await fetch(`${service.url}/openid/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      return { active, me: (await client.me(token)).status, userinfo: userinfo.status };
    };
    expect(await outcome(own)).toEqual({ active: true, me: 200, userinfo: 200 });
    expect(await outcome(stolen)).toEqual({ active: false, me: 401, userinfo: 401 });
    // nor does it end the later grant
    await openid.tokenRevocation(notes, stolen);
    expect(await outcome(own)).toEqual({ active: true, me: 200, userinfo: 200 });
  });

  it('opens this service only as long as the application is the operator’s', async () => {
    const { agent } = await newAgent();
    const { access_token: token } = await signIn(notes, agent);
    const of = (firstParty: boolean) =>
      service.database.query("UPDATE application SET first_party = $1 WHERE client_id = 'notes'", [firstParty]);
    await of(false);
    const { active } = await openid.tokenIntrospection(notes, token);
    const outcome = [(await client.me(token)).status, active];
    await of(true);
    expect(outcome).toEqual([401, false]);
    expect((await client.me(token)).status).toBe(200);
  });

  it('gives back a state and a nonce only if the request has them, so that a client that expects them notices', async () => {
    const { agent } = await newAgent();
    const request = async () => {
      const { url, verifier } = await authorizationUrl(notes);
      url.searchParams.delete('state');
      url.searchParams.delete('nonce');
      const { url: back } = await agent.open(url);
      return (checks: openid.AuthorizationCodeGrantChecks) =>
        openid.authorizationCodeGrant(notes, back, { pkceCodeVerifier: verifier, idTokenExpected: true, ...checks });
    };
    const grant = await request();
    const about = (what: string) => ({ cause: { message: expect.stringContaining(what) } });
    await expect(grant({ expectedState: 'mine' })).rejects.toMatchObject(about('state'));
    // the client itself rejects a state or a nonce that it does not expect
    expect((await grant({})).claims()).not.toHaveProperty('nonce');
    await expect((await request())({ expectedNonce: 'mine' })).rejects.toMatchObject(about('nonce'));
  });

  it('lets at most one of many concurrent uses of a code win, and ends the grant once', async () => {
    const { email, agent } = await newAgent();
    const { page, verifier } = await authorize(notes, agent);
    const body = {
      grant_type: 'authorization_code',
      code: String(page.url.searchParams.get('code')),
      redirect_uri: redirectUri,
      code_verifier: verifier,
      client_id: 'notes',
      client_secret: secretOf('notes'),
    };
    const send = () => fetch(`${service.url}/openid/token`, { method: 'POST', body: new URLSearchParams(body) });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map(({ status }) => status))).not.toContain(500);
    const won = answers.filter(({ status }) => status === 200);
    // none, if a second use has ended the grant before the first one got its tokens
    expect(won.length).toBeLessThanOrEqual(1);
    for (const answer of won) {
      const { refresh_token: token } = (await answer.json()) as { refresh_token: string };
      await expect(openid.refreshTokenGrant(notes, token)).rejects.toMatchObject({ error: 'invalid_grant' });
    }
    // a second use, which there is only after a first one that was accepted
    const { rows } = await service.database.query(
      `SELECT detail ->> 'grant_type' AS type FROM audit_event e JOIN account a ON a.id = e.subject_id
       WHERE e.type = 'grant.reused' AND a.email = $1`,
      [email],
    );
    expect(rows).toEqual([{ type: 'authorization_code' }]);
  });
});

describe('a request by POST', () => {
  /** The form of an application's page: the browser sends it without the session's cookie (`SameSite=Lax`). */
  const post = (path: string, parameters: URLSearchParams) =>
    fetch(service.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' },
      body: parameters,
    });

  it('goes on as one by GET, which the session’s cookie comes with: to sign in', async () => {
    const { email, agent } = await newAgent();
    const state = 'ä &=%2F+';
    const { url, ...request } = await authorizationUrl(notes, { prompt: 'none', state });
    const answer = await post('/openid/authorize', url.searchParams);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([303, []]);
    const page = await agent.open(String(answer.headers.get('location')));
    expect((await exchange(notes, { ...request, state, page })).claims()).toMatchObject({ email });
  });

  it('goes on as one by GET, which the session’s cookie comes with: to sign out', async () => {
    const { agent } = await newAgent();
    const { id_token: hint } = await signIn(notes, agent);
    const parameters = { id_token_hint: String(hint), post_logout_redirect_uri: 'https://app.example.com/' };
    const answer = await post('/openid/logout', new URLSearchParams(parameters));
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([303, []]);
    const asked = await agent.open(String(answer.headers.get('location')));
    const done = await submit(agent, asked, { logout: 'yes' });
    expect(done.url.href).toBe('https://app.example.com/');
    expect((await authorize(notes, agent)).page.url.pathname).toBe('/sign-in');
  });

  it.each(['/openid/authorize', '/openid/logout'])('is no longer than a URL may be, at %s', async (path) => {
    const statuses = [];
    for (const length of [9000, 20_000]) {
      statuses.push((await post(path, new URLSearchParams({ state: 'x'.repeat(length) }))).status);
    }
    expect(statuses).toEqual([400, 413]);
  });
});

describe('login_hint', () => {
  const filledIn = ({ text }: Page) => /<input[^>]* name="email"[^>]* value="([^"]*)"/.exec(text)?.[1];

  it('fills in the e-mail address of the forms that a person signs in by, in the browser that began the request', async () => {
    const email = newEmail();
    const agent = new UserAgent(service);
    const { page } = await authorize(notes, agent, { login_hint: email });
    expect([page.url.pathname, filledIn(page)]).toEqual(['/sign-in', email]);
    expect(page.url.href).not.toContain(encodeURIComponent(email));
    const { search } = page.url;
    for (const path of ['/register', '/forgot-password', '/sign-in/verification']) {
      expect(filledIn(await agent.open(path + search))).toBe(email);
    }
    const form = {
      email: 'other@example.com',
      password: 'wrong',
      continue: String(page.url.searchParams.get('continue')),
    };
    expect(filledIn(await agent.open('/sign-in', { form }))).toBe('other@example.com');
    expect(filledIn(await new UserAgent(service).open(page.url))).toBe('');
  });

  it.each(['ada', 'no-email-address', '"><script>alert(1)</script>@example.com', 'ada@example.com"onfocus="x'])(
    'is ignored if it is no e-mail address: %s',
    async (login_hint) => {
      const { page } = await authorize(notes, new UserAgent(service), { login_hint });
      expect([page.url.pathname, filledIn(page)]).toEqual(['/sign-in', '']);
      expect(page.text).not.toContain(login_hint);
    },
  );
});

describe('ui_locales', () => {
  const language = ({ text }: { text: string }) => /<html lang="(\w+)"/.exec(text)?.[1];

  it('selects the language of the pages to sign in and to consent: the first one that there is', async () => {
    const { email, agent } = await newAgent();
    await addApplication(service, { client_id: 'foreign', first_party: false });
    const request = await authorize(await discover(service, 'foreign'), agent, { ui_locales: 'pt-BR de-CH fr' });
    expect([request.page.url.pathname, language(request.page)]).toEqual([
      expect.stringMatching(/^\/openid\/interactions\//),
      'de',
    ]);

    const stranger = new UserAgent(service);
    const { page } = await authorize(notes, stranger, { ui_locales: 'pt-BR de-CH fr' });
    expect([page.url.pathname, language(page)]).toEqual(['/sign-in', 'de']);
    const next = String(page.url.searchParams.get('continue'));
    const wrong = { email, password: 'wrong', continue: next };
    expect(language(await stranger.open('/sign-in', { form: wrong }))).toBe('de');
    expect(language(await stranger.open(`/register?continue=${encodeURIComponent(next)}`))).toBe('de');
    expect(language((await authorize(notes, stranger, { ui_locales: 'pt-BR' })).page)).toBe('en');
  });

  it('selects the language of errors, and of each step of a sign-out', async () => {
    const { agent } = await newAgent();
    expect(language(await agent.open('/openid/authorize?client_id=unknown&ui_locales=fr'))).toBe('fr');
    for (const browser of [agent, new UserAgent(service)]) {
      const asked = await browser.open('/openid/logout?ui_locales=pt-BR%20de');
      const done = await submit(browser, asked, { logout: 'yes' });
      expect([done.url.pathname, language(done)]).toEqual(['/openid/logout/success', 'de']);
      expect(asked.text).toMatch(browser === agent ? /<html lang="de"/ : /Submitting/);
    }
  });

  it('selects the language in which a device is connected, by the URL or by the request of the device', async () => {
    const { agent } = await newAgent();
    await addApplication(service, { client_id: 'radio', kind: 'native', redirect_uris: ['com.example.radio:/done'] });
    const radio = await discover(service, 'radio', openid.None());
    const { user_code } = await openid.initiateDeviceAuthorization(radio, { scope: 'openid', ui_locales: 'es' });
    const form = await agent.open('/openid/device?ui_locales=fr');
    const wrong = await submit(agent, form, { user_code: 'BCDF-GHJK' });
    expect([form, wrong].map(language)).toEqual(['fr', 'fr']);
    const asked = await submit(agent, await agent.open('/openid/device'), { user_code });
    const consent = await submit(agent, asked, { user_code, confirm: 'yes' });
    const done = await agent.open(consent.url, { form: { decision: 'allow' } });
    expect([asked, consent, done].map(language)).toEqual(['es', 'es', 'es']);
  });
});

describe('a session', () => {
  it('ends with its grants when it is ended elsewhere', async () => {
    const { email, agent } = await newAgent();
    const tokens = await signIn(notes, agent);
    const { accessToken } = await client.newSession(email);
    const list = await client.call('GET', '/auth/sessions', { token: accessToken });
    const { sid } = decodeJwt<{ sid: string }>(tokens.access_token);
    expect(list.body.sessions.map(({ id }: { id: string }) => id)).toContain(sid);
    await client.call('DELETE', `/auth/sessions/${sid}`, { token: accessToken });
    await expect(openid.refreshTokenGrant(notes, String(tokens.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(openid.fetchUserInfo(notes, tokens.access_token, String(tokens.claims()?.sub))).rejects.toThrow();
    expect((await client.me(tokens.access_token)).body.code).toBe('token_invalid');
    expect((await authorize(notes, agent)).page.url.pathname).toBe('/sign-in');
  });

  it('keeps no grant but that of the application by which its owner ends all others', async () => {
    const [byApi, byPage] = [await newAgent(), await newAgent()];
    const [taken, own] = [await signIn(page, byApi.agent), await signIn(notes, byApi.agent)];
    const takenToo = await signIn(page, byPage.agent);
    const ended = await client.call('POST', '/auth/logout-others', { token: own.access_token });
    const account = String(decodeJwt(takenToo.access_token).sub);
    const form = { account, password: strongPassword, new_password: 'amber-heron-reads-97-maps' };
    const changed = await byPage.agent.open('/account/password', { form });
    expect([ended.status, changed.url.search]).toEqual([204, '?done=password']);
    for (const { refresh_token: token } of [taken, takenToo]) {
      await expect(openid.refreshTokenGrant(page, String(token))).rejects.toMatchObject({ error: 'invalid_grant' });
    }
    expect((await openid.refreshTokenGrant(notes, String(own.refresh_token))).access_token).toBeTruthy();
    expect((await authorize(page, byPage.agent)).page.url.searchParams.get('code')).toBeTruthy();
  });

  it('is prolonged by a refresh of an application', async () => {
    const { agent } = await newAgent();
    const tokens = await signIn(notes, agent);
    const sid = tokens.claims()?.['sid'];
    await service.database.query("UPDATE session SET expires_at = now() + interval '1 min' WHERE id = $1", [sid]);
    await openid.refreshTokenGrant(notes, String(tokens.refresh_token));
    const { rows } = await service.database.query(
      "SELECT expires_at > now() + interval '1 day' AS later FROM session WHERE id = $1",
      [sid],
    );
    expect(rows).toEqual([{ later: true }]);
  });
});

describe('refresh tokens', () => {
  it.each([
    ['with', 'notes'],
    ['without', 'page'],
  ])('of an application %s a secret give 100 concurrent requests the same successor', async (_, clientId) => {
    const application = clientId === 'notes' ? notes : page;
    const { agent } = await newAgent();
    const { refresh_token: first } = await signIn(application, agent);
    const refresh = (token: unknown) => openid.refreshTokenGrant(application, String(token));
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(first)));
    const successors = new Set(answers.map((answer) => answer.refresh_token));
    expect([answers.length, successors.size]).toEqual([100, 1]);
    const [second] = successors;
    expect(second).not.toBe(first);
    expect(answers[0]?.access_token && decodeJwt(answers[0].access_token)).toMatchObject({
      client_id: clientId,
      amr: ['pwd'],
    });
    const third = await refresh(second);
    // the successor has been used: the first token is stolen
    await expect(refresh(first)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(refresh(third.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    const { rows } = await service.database.query("SELECT detail FROM audit_event WHERE type = 'grant.reused'");
    expect(rows).toContainEqual({ detail: { application_id: expect.any(String), grant_type: 'refresh_token' } });
  });

  it('stay as they are when the request is refused', async () => {
    const { agent } = await newAgent();
    const tokens = await signIn(page, agent);
    const sid = tokens.claims()?.['sid'];
    const refused = async (parameters: [string, string][], headers: Record<string, string> = {}) => {
      const form = { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token), client_id: 'page' };
      const body = new URLSearchParams([...Object.entries(form), ...parameters]);
      const response = await fetch(`${service.url}/openid/token`, { method: 'POST', headers, body });
      return ((await response.json()) as { error: string }).error;
    };
    expect([
      await refused([], { origin: 'https://evil.example.com' }),
      await refused([], { authorization: `Basic ${btoa(`page:${secretOf('page')}`)}` }),
      await refused([], { dpop: 'x' }),
      await refused([['scope', 'openid notes:write']]),
      await refused([['client_id', 'page']]),
      await refused([['resource', 'https://other.example.com']]),
    ]).toEqual([
      ...['invalid_request', 'invalid_client', 'invalid_dpop_proof', 'invalid_scope', 'invalid_request'],
      'invalid_target',
    ]);
    const { rows } = await service.database.query(
      `SELECT previous_hash FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id WHERE g.session_id = $1`,
      [sid],
    );
    expect(rows).toEqual([{ previous_hash: null }]);
    await openid.refreshTokenGrant(page, String(tokens.refresh_token));
  });

  it.each([
    ['a resource of its own', { resource: 'https://page.example.com' }, "resources = '{}'"],
    ['this service', {}, 'first_party = false'],
  ])('stay as they are when the application has lost %s', async (_name, parameters, loss) => {
    const resources = ['https://page.example.com'];
    const client_id = `losing-${randomUUID().slice(0, 8)}`;
    await addApplication(service, { client_id, kind: 'single_page', resources });
    const losing = await discover(service, client_id, openid.None());
    const { agent, email } = await newAgent();
    const tokens = await signIn(losing, agent, parameters);
    const token = String(tokens.refresh_token);
    const change = (what: string) =>
      service.database.query(`UPDATE application SET ${what} WHERE client_id = $1`, [client_id]);
    await change(loss);
    await service.database.query(
      `INSERT INTO openid_consent (account_id, application_id, permissions)
       SELECT a.id, p.id, '{openid,email}' FROM account a, application p WHERE a.email = $1 AND p.client_id = $2`,
      [email, client_id],
    );
    // the second one is not plain
    for (const more of [{}, { scope: 'openid' }, parameters]) {
      await expect(openid.refreshTokenGrant(losing, token, more)).rejects.toMatchObject({ error: 'invalid_target' });
    }
    const { rows } = await service.database.query(
      'SELECT previous_hash FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id WHERE g.session_id = $1',
      [tokens.claims()?.['sid']],
    );
    expect(rows).toEqual([{ previous_hash: null }]);
    await change("resources = '{https://page.example.com}', first_party = true");
    expect((await openid.refreshTokenGrant(losing, token)).access_token).toBeTruthy();
  });

  it('of one application are of no use to another', async () => {
    const { agent } = await newAgent();
    const { refresh_token: token } = await signIn(notes, agent);
    await addApplication(service, { client_id: 'thief' });
    await expect(openid.refreshTokenGrant(await discover(service, 'thief'), String(token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await openid.refreshTokenGrant(notes, String(token));
    expect((await client.refresh(String(token))).body.code).toBe('refresh_token_invalid');
  });
});
