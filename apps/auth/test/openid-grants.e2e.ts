import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { randomUUID } from 'node:crypto';
import * as oauth from 'oauth4webapi';
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
import { untilWaiting } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import type { TestService } from './support/service.ts';
import { typeDeviceCode, UserAgent, xsrfIn } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let notes: openid.Configuration;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  await addApplication(service, { client_id: 'notes', scopes: ['notes:read'] });
  notes = await discover(service, 'notes');
});

async function newAgent() {
  const email = newEmail();
  await client.register(email);
  return { email, agent: await UserAgent.signedIn(service, client, email) };
}
const post = async (path: string, form: Record<string, string>) => {
  const response = await fetch(service.url + path, { method: 'POST', body: new URLSearchParams(form) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};

describe('client credentials', () => {
  let machineId: string;
  beforeAll(async () => {
    machineId = await addApplication(service, {
      client_id: 'robot',
      kind: 'machine',
      scopes: ['audit:read', 'notes:read'],
    });
  });

  it('give a program a token with its scopes, which protected routes accept until its secret ends', async () => {
    const robot = await discover(service, 'robot');
    const tokens = await openid.clientCredentialsGrant(robot);
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      sub: machineId,
      client_id: 'robot',
      scope: 'audit:read notes:read',
      aud: 'devopslocally',
    });
    expect(tokens.refresh_token).toBeUndefined();
    const events = () => client.call('GET', '/auth/admin/audit', { token: tokens.access_token });
    expect((await events()).status).toBe(200);
    await service.database.query('UPDATE application_secret SET expires_at = now() WHERE application_id = $1', [
      machineId,
    ]);
    expect((await events()).body.code).toBe('token_invalid');
    await expect(openid.clientCredentialsGrant(robot)).rejects.toMatchObject({ status: 401 });
  });

  it('are not for applications with people', async () => {
    await expect(openid.clientCredentialsGrant(notes)).rejects.toMatchObject({ error: 'invalid_request' });
  });
});

describe('private_key_jwt', () => {
  let id: string;
  let privateKey: CryptoKey;
  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    ({ privateKey } = pair);
    id = await addApplication(service, { client_id: 'signer', kind: 'machine', scopes: ['notes:read'] });
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig' }] };
    await service.database.query('UPDATE application SET jwks = $1 WHERE id = $2', [jwks, id]);
  });

  it('authenticates an application by a signature, each of which is good once', async () => {
    const signer = await discover(service, 'signer', openid.PrivateKeyJwt(privateKey));
    const { access_token: token } = await openid.clientCredentialsGrant(signer);
    expect(decodeJwt(token)).toMatchObject({ sub: id, key_id: id });
    const answer = await post('/openid/token', {
      grant_type: 'client_credentials',
      client_id: 'signer',
      client_secret: secretOf('signer'),
    });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  const now = () => Math.floor(Date.now() / 1000);
  /** What authenticates the application until a time. */
  const assertionUntil = async (exp: number) => ({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT({ iss: 'signer', sub: 'signer', aud: service.url, jti: randomUUID(), exp })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey),
  });

  const requests: [path: string, form: Record<string, string>][] = [
    ['/openid/token', { grant_type: 'client_credentials' }],
    ['/openid/introspect', { token: 'unknown' }],
    ['/openid/revoke', { token: 'unknown' }],
  ];
  it.each(requests)('may expire at a fraction of a second, and is good once then too, at %s', async (path, form) => {
    const assertion = await assertionUntil(now() + 60.25);
    expect((await post(path, { ...form, ...assertion })).status).toBe(200);
    const repeated = await post(path, { ...form, ...assertion });
    expect([repeated.status, repeated.body.error]).toEqual([401, 'invalid_client']);
  });

  it('may not be valid for longer than an hour, for so long its id is kept', async () => {
    const grant = { grant_type: 'client_credentials' };
    expect((await post('/openid/token', { ...grant, ...(await assertionUntil(now() + 3600)) })).status).toBe(200);
    for (const exp of [now() + 7200, now() + 7200.5, now() * 1000, 1e300]) {
      const { status, body } = await post('/openid/token', { ...grant, ...(await assertionUntil(exp)) });
      expect([status, body.error]).toEqual([401, 'invalid_client']);
    }
  });
});

describe('pushed authorization requests', () => {
  it('keep the parameters away from the browser, and are good once', async () => {
    const { email, agent } = await newAgent();
    const verifier = openid.randomPKCECodeVerifier();
    const url = await openid.buildAuthorizationUrlWithPAR(notes, {
      redirect_uri: redirectUri,
      scope: 'openid email',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const page = await agent.open(url);
    const options = { pkceCodeVerifier: verifier, idTokenExpected: true };
    expect((await openid.authorizationCodeGrant(notes, page.url, options)).claims()).toMatchObject({ email });
    expect((await agent.open(url)).text).toContain('invalid_request_uri');
  });
});

describe('DPoP', () => {
  it('binds tokens of an application without a secret to its key', async () => {
    await addApplication(service, { client_id: 'page', kind: 'single_page' });
    const page = await discover(service, 'page', openid.None());
    const { agent } = await newAgent();
    const request = await authorize(page, agent);
    const DPoP = openid.getDPoPHandle(page, await openid.randomDPoPKeyPair());
    const options = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
    const tokens = await openid.authorizationCodeGrant(page, request.page.url, options, undefined, { DPoP });
    expect([tokens.token_type, decodeJwt(tokens.access_token)['cnf']]).toEqual(['dpop', { jkt: expect.any(String) }]);
    const subject = String(tokens.claims()?.sub);
    expect(await openid.fetchUserInfo(page, tokens.access_token, subject, { DPoP })).toMatchObject({ sub: subject });
    // neither the token nor the refresh token is of use without the key
    await expect(openid.fetchUserInfo(page, tokens.access_token, subject)).rejects.toThrow();
    expect((await client.me(tokens.access_token)).body.code).toBe('token_invalid');
    const token = String(tokens.refresh_token);
    await expect(openid.refreshTokenGrant(page, token)).rejects.toMatchObject({ error: 'invalid_grant' });
    const other = openid.getDPoPHandle(page, await openid.randomDPoPKeyPair());
    await expect(openid.refreshTokenGrant(page, token, undefined, { DPoP: other })).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const { rows } = await service.database.query(
      'SELECT previous_hash FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id WHERE g.session_id = $1',
      [tokens.claims()?.['sid']],
    );
    expect(rows).toEqual([{ previous_hash: null }]);
    const refreshed = await openid.refreshTokenGrant(page, token, undefined, { DPoP });
    expect(refreshed.access_token).toBeTruthy();
  });
});

describe('introspection and revocation', () => {
  it('tell an application about its own refresh tokens only, and end their grant', async () => {
    const { agent } = await newAgent();
    const { refresh_token: token = '' } = await signIn(notes, agent);
    expect(await openid.tokenIntrospection(notes, token)).toMatchObject({ active: true, client_id: 'notes' });
    await addApplication(service, { client_id: 'spy' });
    const spy = await discover(service, 'spy');
    expect(await openid.tokenIntrospection(spy, token)).toEqual({ active: false });
    await openid.tokenRevocation(spy, token);
    expect((await openid.tokenIntrospection(notes, token)).active).toBe(true);
    await openid.tokenRevocation(notes, token);
    expect(await openid.tokenIntrospection(notes, token)).toEqual({ active: false });
  });
});

describe('the device flow', () => {
  let television: openid.Configuration;
  const ask = () => openid.initiateDeviceAuthorization(television, { scope: 'openid email' });
  const waitingFor = ({ device_code }: { device_code: string }) => ({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'television',
    device_code,
  });

  beforeAll(async () => {
    await addApplication(service, { client_id: 'television', kind: 'native', redirect_uris: ['com.example.tv:/done'] });
    television = await discover(service, 'television', openid.None());
  });

  it('gives no code for scopes that nobody could grant', async () => {
    await expect(openid.initiateDeviceAuthorization(television, { scope: 'nothing' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
  });

  it('signs a device in by a code that a person types', async () => {
    const code = await ask();
    expect(code.verification_uri).toBe(`${service.url}/openid/device`);
    expect((await post('/openid/token', waitingFor(code))).body.error).toBe('authorization_pending');

    const { email, agent } = await newAgent();
    const form = await agent.open(code.verification_uri);
    const wrong = await agent.open('/openid/device', { form: { xsrf: xsrfIn(form), user_code: 'BCDF-GHJK' } });
    expect(wrong.text).toContain('The code is not correct');
    const asked = await agent.open('/openid/device', {
      form: { xsrf: xsrfIn(wrong), user_code: code.user_code },
    });
    expect(asked.text).toContain(code.user_code);
    const consent = await agent.open('/openid/device', {
      form: { xsrf: xsrfIn(asked), user_code: code.user_code, confirm: 'yes' },
    });
    // a native application: somebody else's may pose as it
    expect(consent.text).toMatch(/Allow .+ to use your account\?/);
    const done = await agent.open(consent.url, { form: { decision: 'allow' } });
    expect(done.text).toContain('Your device is connected');
    const tokens = await openid.pollDeviceAuthorizationGrant(television, { ...code, interval: 1 });
    expect(tokens.claims()).toMatchObject({ email });
    expect((await post('/openid/token', waitingFor(code))).body.error).toBe('invalid_grant');
  });

  it('gives the device a session of its own, which outlives the browser’s and ends like any other', async () => {
    const { email, agent } = await newAgent();
    const code = await ask();
    await agent.open((await typeDeviceCode(agent, code.user_code)).url, { form: { decision: 'allow' } });
    let tokens = await openid.pollDeviceAuthorizationGrant(television, { ...code, interval: 1 });
    await agent.open('/sign-out', { form: {} });
    expect((await agent.open('/account')).url.pathname).toBe('/sign-in');
    tokens = await openid.refreshTokenGrant(television, String(tokens.refresh_token));
    const { accessToken } = await client.newSession(email);
    const { body } = await client.call('GET', '/auth/sessions', { token: accessToken });
    const { sid, amr, auth_time: authTime } = decodeJwt(tokens.access_token);
    expect([amr, authTime]).toEqual([['pwd'], 0]);
    // nobody has just proved there who they are
    const added = await client.call('POST', '/auth/passkey-options', { token: tokens.access_token, body: {} });
    expect([added.status, added.body.code]).toEqual([403, 'reauthentication_required']);
    expect(body.sessions.filter(({ id }: { id: string }) => id === sid)).toHaveLength(1);
    expect((await client.call('DELETE', `/auth/sessions/${String(sid)}`, { token: accessToken })).status).toBe(204);
    await expect(openid.refreshTokenGrant(television, String(tokens.refresh_token))).rejects.toThrow();
  });

  it('asks a person for consent who has just signed in for it: the code may be somebody else’s', async () => {
    const { user_code: userCode } = await ask();
    const agent = new UserAgent(service);
    const login = await typeDeviceCode(agent, userCode);
    expect(login.url.pathname).toBe('/sign-in');
    const email = newEmail();
    await client.register(email);
    await agent.signIn(service, client, email);
    const page = await agent.open(login.url.searchParams.get('continue') ?? '');
    expect(page.text).toMatch(/Allow .+ to use your account\?/);
  });

  it('gives a device nothing if the session of the browser ends while the code is approved', async () => {
    const { email, agent } = await newAgent();
    const code = await ask();
    const consent = await typeDeviceCode(agent, code.user_code);
    const holding = await service.database.connect();
    await holding.query('BEGIN');
    await holding.query('SELECT FROM account WHERE email = $1 FOR NO KEY UPDATE', [email]);
    const approving = agent.open(consent.url, { form: { decision: 'allow' } });
    await untilWaiting(service.database, 1);
    await holding.query('DELETE FROM session s USING account a WHERE a.id = account_id AND email = $1', [email]);
    await holding.query('COMMIT');
    holding.release();
    expect((await approving).text).not.toContain('Your device is connected');
    expect((await post('/openid/token', waitingFor(code))).body.error).not.toBeUndefined();
    const { rows } = await service.database.query(
      'SELECT FROM session JOIN account a ON a.id = account_id WHERE email = $1',
      [email],
    );
    expect(rows).toEqual([]);
  });

  it('lives no longer than the session of the browser, and its owner gets a mail', async () => {
    const mailbox = await Mailbox.open();
    const mailing = await startIssuer({ SMTP_URL: mailbox.url });
    const at = new Client(mailing.url);
    await addApplication(mailing, { client_id: 'tv', kind: 'native', redirect_uris: ['com.example.tv:/done'] });
    const email = newEmail();
    await at.register(email);
    await mailing.database.query(
      "UPDATE account SET email_verified_at = now(), was_verified = true, created_at = now() - interval '1 year'",
    );
    const agent = await UserAgent.signedIn(mailing, at, email);
    await mailing.database.query("UPDATE session SET created_at = now() - interval '89 days'");
    const tv = await discover(mailing, 'tv', openid.None());
    const code = await openid.initiateDeviceAuthorization(tv, { scope: 'openid' });
    await agent.open((await typeDeviceCode(agent, code.user_code)).url, { form: { decision: 'allow' } });
    const tokens = await openid.pollDeviceAuthorizationGrant(tv, { ...code, interval: 1 });
    await openid.refreshTokenGrant(tv, String(tokens.refresh_token));
    const { rows } = await mailing.database.query(
      "SELECT count(*)::int, max(expires_at) < now() + interval '25 hours' AS soon FROM session",
    );
    expect(rows).toEqual([{ count: 2, soon: true }]);
    await mailbox.expect(email, /new device/);
  });

  it('shows a form that works to a browser without a session, after a link that has expired', async () => {
    const code = await ask();
    const agent = new UserAgent(service);
    const expired = await agent.open('/openid/device/unknown');
    expect(expired.status).toBe(400);
    const form = { xsrf: xsrfIn(expired), user_code: code.user_code };
    expect((await agent.open('/openid/device', { form })).text).toContain('name="confirm"');
    const forged = await new UserAgent(service).open('/openid/device', { form });
    expect([forged.status, forged.text.includes('name="confirm"')]).toEqual([400, false]);
  });
});

describe('consent', () => {
  it('is asked for an application of somebody else, remembered, and withdrawn', async () => {
    await addApplication(service, { client_id: 'other', first_party: false, scopes: ['notes:read'] });
    const other = await discover(service, 'other');
    const { agent, email } = await newAgent();
    const request = await authorize(other, agent);
    expect([request.page.status, request.page.text]).toEqual([
      200,
      expect.stringContaining('Allow other to use your account?'),
    ]);
    expect(request.page.headers.get('x-frame-options')).toBeTruthy();
    const headers = { 'sec-fetch-site': 'cross-site' };
    const forged = await agent.open(request.page.url, { form: { decision: 'allow' }, headers });
    expect(forged.status).toBe(403);
    const stranger = await newAgent();
    expect((await stranger.agent.open(request.page.url, { form: { decision: 'allow' } })).status).toBe(404);
    const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
    const tokens = await exchange(other, { ...request, page });
    const subject = String(tokens.claims()?.sub);
    expect(await openid.fetchUserInfo(other, tokens.access_token, subject)).toMatchObject({ sub: subject, email });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: `${service.url}/openid/userinfo`, roles: [] });
    // consent to claims gives no power over the account
    for (const [method, url] of [
      ['GET', '/auth/me'],
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/applications/other'],
    ] as const) {
      const answer = await client.call(method, url, { token: tokens.access_token });
      expect([url, answer.status, answer.body.code]).toEqual([url, 401, 'token_invalid']);
    }
    const own = await authorize(other, agent, { resource: service.url });
    expect(own.page.url.searchParams.get('error')).toBe('invalid_target');
    // now without a question, but for what was not asked before
    await signIn(other, agent, { prompt: 'none' });
    const more = await authorize(other, agent, { scope: 'openid notes:read', prompt: 'none' });
    expect(more.page.url.searchParams.get('error')).toBe('consent_required');
    const personal = await client.call('GET', '/auth/me/export', { token: (await signIn(notes, agent)).access_token });
    expect(personal.body.application_consents).toEqual([
      expect.objectContaining({ client_id: 'other', scopes: ['email', 'openid', 'profile'] }),
    ]);
    const neighbour = await newAgent();
    const asked = await authorize(other, neighbour.agent);
    const allowed = await neighbour.agent.open(asked.page.url, { form: { decision: 'allow' } });
    const neighbours = await exchange(other, { ...asked, page: allowed });
    const { accessToken } = await client.newSession(email);
    const listed = await client.call('GET', '/auth/applications', { token: accessToken });
    expect(listed.body.applications).toEqual(personal.body.application_consents);
    const withdraw = () => client.call('DELETE', '/auth/applications/other', { token: accessToken });
    expect((await withdraw()).status).toBe(204);
    expect((await withdraw()).body.code).toBe('consent_not_found');
    expect((await openid.tokenIntrospection(other, String(tokens.refresh_token))).active).toBe(false);
    expect((await openid.tokenIntrospection(other, String(neighbours.refresh_token))).active).toBe(true);
    // consent that is given again brings nothing of before back
    await agent.open((await authorize(other, agent)).page.url, { form: { decision: 'allow' } });
    await expect(openid.refreshTokenGrant(other, String(tokens.refresh_token))).rejects.toThrow();
  });

  it('is not given by a person who signs in while another one is asked', async () => {
    await addApplication(service, { client_id: 'shared', first_party: false });
    const shared = await discover(service, 'shared');
    const { agent } = await newAgent();
    const { page } = await authorize(shared, agent);
    const { email } = await newAgent();
    await agent.signIn(service, client, email);
    const asked = await agent.open(page.url, { form: { decision: 'allow' } });
    expect(asked.text).toContain(email);
    expect(asked.text).toContain('Allow shared to use your account?');
  });

  it('can be refused', async () => {
    await addApplication(service, { client_id: 'refused', first_party: false });
    const refused = await discover(service, 'refused');
    const { agent } = await newAgent();
    const request = await authorize(refused, agent);
    const page = await agent.open(request.page.url, { form: { decision: 'deny' } });
    expect(page.url.searchParams.get('error')).toBe('access_denied');
  });
});

describe('oauth4webapi', () => {
  it('discovers, authorizes and refreshes', async () => {
    const { agent } = await newAgent();
    // the issuer under test is on loopback, without TLS
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(service.url);
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const application = { client_id: 'notes' };
    const authentication = oauth.ClientSecretPost(secretOf('notes'));
    const request = await authorize(notes, agent);
    const parameters = oauth.validateAuthResponse(server, application, request.page.url, request.state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      application,
      authentication,
      parameters,
      redirectUri,
      request.verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, application, answer, {
      expectedNonce: request.nonce,
      requireIdToken: true,
    });
    const refreshed = await oauth.refreshTokenGrantRequest(
      server,
      application,
      authentication,
      String(tokens.refresh_token),
      insecure,
    );
    expect((await oauth.processRefreshTokenResponse(server, application, refreshed)).access_token).toBeTruthy();
  });
});
