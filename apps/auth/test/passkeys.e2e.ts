import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomBytes } from 'node:crypto';
import { Browser } from './support/browser.ts';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, type Answer } from './support/client.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

let browser: Browser;
let service: TestService;
let client: Client;

beforeAll(async () => {
  browser = await Browser.start();
  service = await startTestService({
    WEBAUTHN_ORIGINS: browser.origin(),
    LOGIN_ADDRESS_BURST: '30',
  });
  client = new Client(service.url);
  await holdLimits(service);
});
afterAll(() => browser.stop());
beforeEach(async () => {
  await browser.newAuthenticator();
  await service.database.query('DELETE FROM attempt');
});

const password = { password: strongPassword };
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const outcome = ({ status, body }: Answer) => [status, body?.code];
const count = (answers: Answer[], status: number) => answers.filter((one) => one.status === status).length;
const refusedLogin = [401, 'passkey_invalid'];
const refusedKey = [422, 'passkey_refused'];

// bodies are asserted, not typed
/* eslint-disable @typescript-eslint/no-explicit-any */
const creationOptions = async (token: string): Promise<any> =>
  (await client.call('POST', '/auth/passkey-options', { token, body: password })).body;
const requestOptions = async (): Promise<any> => (await client.call('POST', '/auth/login/passkey/options')).body;
const register = (token: string, credential: any, name = 'laptop') =>
  client.call('POST', '/auth/passkeys', { token, body: { name, credential } });
const login = (credential: any, at = client) => at.call('POST', '/auth/login/passkey', { body: { credential } });
/* eslint-enable @typescript-eslint/no-explicit-any */
const list = async (token: string) => (await client.call('GET', '/auth/passkeys', { token })).body.passkeys;

/** A new account with a passkey in the browser. */
const newPasskey = async () => {
  const account = await client.newAccount();
  const credential = await browser.create(await creationOptions(account.accessToken));
  const { status, body } = await register(account.accessToken, credential);
  expect(status).toBe(201);
  return { ...account, credential, id: body.id as string };
};
const events = async (email: string) => {
  const { rows } = await service.database.query(
    'SELECT e.type, e.detail FROM audit_event e JOIN account a ON a.id = e.subject_id WHERE a.email = $1 ORDER BY e.id',
    [email],
  );
  return rows;
};

it('a passkey logs in without a password or e-mail address, and counts as more than one factor', async () => {
  const { email, accessToken: token } = await newEnrolledAccount(client);
  const options = await creationOptions(token);
  expect(options).toMatchObject({
    rp: { id: 'localhost' },
    user: { name: email },
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    attestation: 'none',
  });
  expect((await register(token, await browser.create(options))).body).toEqual({
    id: expect.any(String),
    name: 'laptop',
    synced: false,
    created_at: expect.any(String),
    last_used_at: null,
  });
  expect(await browser.credentials()).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);

  const request = await requestOptions();
  expect(request).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
  expect(request.allowCredentials).toBeUndefined();
  const { status, body } = await login(await browser.get(request));
  expect(status).toBe(200);
  const claims = claimsOf(body.access_token);
  expect(claims).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
  expect([0, 1]).toContain(claims.iat - claims.auth_time);
  expect((await client.me(body.access_token)).body.email).toBe(email);
  expect((await client.call('POST', '/auth/mfa/recovery-codes', { token: body.access_token })).status).toBe(200);
  expect((await list(token))[0].last_used_at).not.toBeNull();
  expect((await events(email)).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['passkey.registered', 'login.succeeded']),
  );
});

it('sends the owner a notice of an added and of a removed passkey', async () => {
  const { email, accessToken: token } = await client.newAccount();
  await service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
  const { body } = await register(token, await browser.create(await creationOptions(token)));
  expect((await client.call('DELETE', `/auth/passkeys/${body.id}`, { token, body: password })).status).toBe(204);
  const { rows } = await service.database.query(
    "SELECT template FROM mail WHERE recipient = $1 AND template LIKE 'passkey%' ORDER BY id",
    [email],
  );
  expect(rows.map(({ template }) => template)).toEqual(['passkey_added', 'passkey_removed']);
});

it('recognises passkeys that may exist on more than one device', async () => {
  await browser.newAuthenticator({ defaultBackupEligibility: true });
  const { accessToken } = await newPasskey();
  expect((await list(accessToken))[0].synced).toBe(true);
  const { body } = await login(await browser.get(await requestOptions()));
  expect(claimsOf(body.access_token).amr).toEqual(['swk', 'user', 'mfa']);
});

describe('a credential', () => {
  it('is valid once, also with 20 concurrent uses', async () => {
    await newPasskey();
    const credential = await browser.get(await requestOptions());
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(credential)));
    expect([count(answers, 200), count(answers, 401)]).toEqual([1, 19]);
  });

  it.each([
    ['from another origin', { WEBAUTHN_ORIGINS: 'http://localhost:1,https://localhost' }],
    ['for another relying party', { WEBAUTHN_RP_ID: 'auth.localhost' }],
  ])('rejects a credential %s', async (_name, settings) => {
    const { accessToken: token } = await client.newAccount();
    const { url } = await startTestService({
      DATABASE_URL: service.databaseUrl,
      WEBAUTHN_ORIGINS: browser.origin(),
      ...settings,
    });
    const elsewhere = new Client(url);
    const credential = await browser.create(await creationOptions(token));
    const body = { name: 'laptop', credential };
    expect(outcome(await elsewhere.call('POST', '/auth/passkeys', { token, body }))).toEqual(refusedKey);
    await browser.newAuthenticator();
    await newPasskey();
    expect(outcome(await login(await browser.get(await requestOptions()), elsewhere))).toEqual(refusedLogin);
    expect((await login(await browser.get(await requestOptions()))).status).toBe(200);
  });

  it('rejects a credential without user verification', async () => {
    const { accessToken } = await newPasskey();
    await browser.setUserVerified(false);
    const careless = { ...(await requestOptions()), userVerification: 'discouraged' };
    expect(outcome(await login(await browser.get(careless)))).toEqual(refusedLogin);
    await browser.newAuthenticator({ hasUserVerification: false });
    const options = await creationOptions(accessToken);
    const unverified = await browser.create({
      ...options,
      authenticatorSelection: { residentKey: 'required', userVerification: 'discouraged' },
    });
    expect(outcome(await register(accessToken, unverified))).toEqual(refusedKey);
  });

  it('rejects and audits a cloned authenticator whose counter does not increase', async () => {
    const { email } = await newPasskey();
    const [copy] = await browser.credentials();
    expect((await login(await browser.get(await requestOptions()))).status).toBe(200);
    await browser.restore(copy as NonNullable<typeof copy>);
    expect(outcome(await login(await browser.get(await requestOptions())))).toEqual(refusedLogin);
    expect((await events(email)).at(-1)).toMatchObject({
      type: 'passkey.cloned',
      detail: { passkey_id: expect.any(String) },
    });
    // the next count is higher than the last accepted one
    expect((await login(await browser.get(await requestOptions()))).status).toBe(200);
  });

  it('rejects a credential for a challenge of another purpose or account, and for an expired or forged one', async () => {
    const { accessToken } = await newPasskey();
    const other = await client.newAccount();
    const creation = await creationOptions(accessToken);
    const request = await requestOptions();
    const create = async (challenge: string) => browser.create({ ...creation, challenge, excludeCredentials: [] });
    const made = randomBytes(54).toString('base64url');
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 301_000);
    const old = (await requestOptions()).challenge;
    clock.mockRestore();
    for (const challenge of [creation.challenge, made, old, 'AAAA']) {
      expect(outcome(await login(await browser.get({ ...request, challenge })))).toEqual(refusedLogin);
    }
    for (const challenge of [request.challenge, made, (await creationOptions(other.accessToken)).challenge]) {
      expect(outcome(await register(accessToken, await create(challenge)))).toEqual(refusedKey);
    }
  });

  it('rejects a credential that is tampered with', async () => {
    const { credential } = await newPasskey();
    const stranger = await newPasskey();
    const tamper = async (change: object) => {
      const answer = await browser.get({
        ...(await requestOptions()),
        allowCredentials: [{ id: credential.id, type: 'public-key' }],
      });
      return login({ ...answer, ...change, response: { ...answer.response, ...change } });
    };
    const junk = Buffer.from('{"type":"webauthn.get"}').toString('base64url');
    for (const change of [
      { signature: 'MEUCIQDx' },
      { userHandle: 'AAAA' },
      { userHandle: null },
      { clientDataJSON: 'AAAA' },
      { clientDataJSON: junk },
      { id: stranger.credential.id, rawId: stranger.credential.id },
      { id: 'AAAA', rawId: 'AAAA' },
    ]) {
      expect(outcome(await tamper(change))).toEqual(refusedLogin);
    }
    expect((await tamper({})).status).toBe(200);
  });

  it('limits attempts per IP address', async () => {
    const answer = { id: 'AAAA', rawId: 'AAAA', type: 'public-key' };
    const response = { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' };
    const answers = await Promise.all(Array.from({ length: 60 }, () => login({ ...answer, response })));
    expect([count(answers, 401), count(answers, 429)]).toEqual([30, 30]);
  });
});

describe('passkeys', () => {
  it('are listed, renamed and, with the password, deleted by their owner; then they no longer log in', async () => {
    const { email, accessToken: token, id } = await newPasskey();
    const rename = (as: string, of = id) =>
      client.call('PATCH', `/auth/passkeys/${of}`, { token: as, body: { name: ' work laptop ' } });
    const remove = (as: string, body = password) => client.call('DELETE', `/auth/passkeys/${id}`, { token: as, body });
    expect((await rename(token)).body.name).toBe('work laptop');
    expect(await list(token)).toMatchObject([{ id, name: 'work laptop' }]);

    const attacker = await client.newAccount();
    expect(outcome(await rename(attacker.accessToken))).toEqual([404, 'passkey_not_found']);
    expect(outcome(await remove(attacker.accessToken))).toEqual([404, 'passkey_not_found']);
    expect(await list(attacker.accessToken)).toEqual([]);
    expect(outcome(await remove(token, { password: 'not-the-password' }))).toEqual([403, 'password_incorrect']);

    expect((await remove(token)).status).toBe(204);
    expect(outcome(await login(await browser.get(await requestOptions())))).toEqual(refusedLogin);
    expect((await events(email)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['passkey.renamed', 'passkey.deleted']),
    );
  });

  it('are added and deleted only after a recent second factor, if the account has one', async () => {
    const { accessToken: token } = await newEnrolledAccount(client);
    const { body } = await register(token, await browser.create(await creationOptions(token)));
    await service.database.query("UPDATE session SET authenticated_at = now() - interval '301 s'");
    for (const [method, path] of [
      ['POST', '/auth/passkey-options'],
      ['DELETE', `/auth/passkeys/${body.id}`],
    ] as const) {
      expect(outcome(await client.call(method, path, { token, body: password }))).toEqual([401, 'mfa_required']);
    }
  });

  it('are registered only with the password, and each only once', async () => {
    const { accessToken, credential } = await newPasskey();
    const wrong = await client.call('POST', '/auth/passkey-options', {
      token: accessToken,
      body: { password: 'not-the-password' },
    });
    expect(outcome(wrong)).toEqual([403, 'password_incorrect']);
    expect(outcome(await register(accessToken, credential))).toEqual(refusedKey);
    // the options tell the browser that it already has one
    await expect(browser.create(await creationOptions(accessToken))).rejects.toThrow('InvalidStateError');
  });

  it('are 20 per account at most, also with concurrent registrations', async () => {
    const { email, accessToken, id } = await newPasskey();
    await service.database.query(
      `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
       SELECT gen_random_uuid(), account_id, decode(md5(i::text || account_id::text), 'hex'), public_key, 0, '{}', false, 'copy'
       FROM passkey, generate_series(1, 18) i WHERE id = $1`,
      [id],
    );
    const credentials = [];
    for (let i = 0; i < 4; i += 1) {
      await browser.newAuthenticator();
      credentials.push(await browser.create(await creationOptions(accessToken)));
    }
    const answers = await Promise.all(credentials.map((credential) => register(accessToken, credential)));
    expect([count(answers, 201), count(answers, 409)]).toEqual([1, 3]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('too_many_passkeys');
    expect((await events(email)).filter(({ type }) => type === 'passkey.registered')).toHaveLength(2);
  });

  it('are counted by ceremony and result', async () => {
    const text = await (await fetch(service.metricsUrl)).text();
    for (const labels of [
      'ceremony="registration",result="succeeded"',
      'ceremony="registration",result="failed"',
      'ceremony="login",result="succeeded"',
      'ceremony="login",result="failed"',
      'ceremony="login",result="cloned"',
      'ceremony="login",result="throttled"',
    ]) {
      expect(text).toMatch(new RegExp(`auth_passkey_ceremonies_total\\{${labels}\\} [1-9]`));
    }
  });
});
