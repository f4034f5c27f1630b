import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { Browser } from './support/browser.ts';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { Mailbox, sentMails } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let browser: Browser;
let provider: OpenIdProvider;

const password = { password: strongPassword };

beforeAll(async () => {
  [mailbox, browser, provider] = await Promise.all([Mailbox.open(), Browser.start(), OpenIdProvider.start('alpha')]);
  service = await startTestService({
    SMTP_URL: mailbox.url,
    WEBAUTHN_ORIGINS: browser.origin(),
    OIDC_PROVIDERS: JSON.stringify([provider.settings]),
  });
  client = new Client(service.url);
});
afterAll(() => browser.stop());
beforeEach(async () => {
  await browser.newAuthenticator();
  await service.database.query('DELETE FROM attempt');
});

const outcome = ({ status, body }: Answer) => [status, body?.code];
const refused = [403, 'reauthentication_required'];
const age = (minutes: number) =>
  service.database.query('UPDATE session SET authenticated_at = now() - make_interval(mins => $1)', [minutes]);
const methods = async (token: string) => (await client.me(token)).body.login_methods;

/** A session of a person who has logged in by the provider, and has no password. */
const newPerson = async () => {
  const email = newEmail();
  const subject = provider.person({ email, email_verified: true });
  const { body } = await socialLogin(subject);
  return { email, subject, token: body.access_token as string, refreshToken: body.refresh_token as string };
};
const socialLogin = async (subject: string) => {
  const started = await client.call('POST', '/auth/social/alpha/start', { body: { redirect_uri: redirectUri } });
  const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const body = await provider.logIn(started.body.authorization_url, subject);
  return client.call('POST', '/auth/social/alpha/complete', { body, headers: { cookie } });
};
const addPasskey = async (token: string, proof: object = {}) => {
  const options = await client.call('POST', '/auth/passkey-options', { token, body: proof });
  expect(options.status).toBe(200);
  const body = { name: 'laptop', credential: await browser.create(options.body) };
  const { status, body: passkey } = await client.call('POST', '/auth/passkeys', { token, body });
  expect(status).toBe(201);
  return passkey.id as string;
};
const enrol = async (token: string) => {
  const { body, status } = await client.call('POST', '/auth/mfa/totp', { token, body: {} });
  expect(status).toBe(201);
  const app = new AuthenticatorApp(body.otpauth_uri);
  await app.settle();
  const confirmed = await client.call('POST', '/auth/mfa/totp/confirm', { token, body: { code: app.code(-1) } });
  expect(confirmed.status).toBe(200);
  return confirmed.body.recovery_codes as string[];
};
const setPassword = (token: string, next = strongPassword) =>
  client.call('PUT', '/auth/me/password', { token, body: { new_password: next } });

const nobody = '01890000-0000-7000-8000-000000000000';
const changes: Record<string, [method: string, path: string, status: number, body?: object]> = {
  'a first password': ['PUT', '/auth/me/password', 204, { new_password: strongPassword }],
  'a change of the e-mail address': ['PUT', '/auth/me/email', 202, { email: 'next@example.com' }],
  'an authenticator app': ['POST', '/auth/mfa/totp', 201],
  'a passkey': ['POST', '/auth/passkey-options', 200],
  'the removal of a passkey': ['DELETE', `/auth/passkeys/${nobody}`, 404],
  'an identity': ['POST', '/auth/me/identities/alpha/start', 200, { redirect_uri: redirectUri }],
  'the deletion of the account': ['DELETE', '/auth/me', 204],
};

describe.each(Object.entries(changes))('%s', (_name, [method, path, status, body = {}]) => {
  it('takes a recent login of an account without a password', async () => {
    const { token } = await newPerson();
    await age(16);
    expect(outcome(await client.call(method, path, { token, body }))).toEqual(refused);
    await age(14);
    expect((await client.call(method, path, { token, body })).status).toBe(status);
  });

  it('takes the password of an account that has one', async () => {
    const { accessToken: token } = await client.newAccount();
    expect(outcome(await client.call(method, path, { token, body }))).toEqual(refused);
    const member = path.endsWith('/password') ? 'current_password' : 'password';
    const empty = await client.call(method, path, { token, body: { ...body, [member]: '' } });
    expect(outcome(empty)).toEqual([400, 'validation_failed']);
    const wrong = await client.call(method, path, { token, body: { ...body, [member]: 'a wrong password' } });
    expect(outcome(wrong)).toEqual([403, 'password_incorrect']);
  });

  it('takes no password of an account that has none', async () => {
    const { token } = await newPerson();
    const member = path.endsWith('/password') ? 'current_password' : 'password';
    const answer = await client.call(method, path, { token, body: { ...body, [member]: strongPassword } });
    expect(outcome(answer)).toEqual([403, 'password_incorrect']);
  });
});

it('an owner without a password adds all other ways to log in, and sees them', async () => {
  const { email, token } = await newPerson();
  expect(await methods(token)).toEqual({ password: false, passkeys: 0, identities: ['alpha'], totp: false });
  await addPasskey(token);
  await enrol(token);
  expect((await setPassword(token)).status).toBe(204);
  expect(await methods(token)).toEqual({ password: true, passkeys: 1, identities: ['alpha'], totp: true });
  expect((await client.login(email)).body).toMatchObject({ mfa_required: true });
  expect((await client.call('DELETE', '/auth/mfa/totp', { token, body: password })).status).toBe(204);
});

it('an owner without a password removes the authenticator app', async () => {
  const { token } = await newPerson();
  await enrol(token);
  expect((await client.call('DELETE', '/auth/mfa/totp', { token, body: {} })).status).toBe(204);
  expect(await methods(token)).toMatchObject({ totp: false });
});

it('an owner without a password keeps one way to log in', async () => {
  const { token } = await newPerson();
  const { body } = await client.call('GET', '/auth/me/identities', { token });
  const identity = `/auth/me/identities/${String(body.identities[0].id)}`;
  expect(outcome(await client.call('DELETE', identity, { token }))).toEqual([409, 'last_login_method']);
  const passkey = `/auth/passkeys/${await addPasskey(token)}`;
  const answers = await Promise.all([
    client.call('DELETE', identity, { token }),
    client.call('DELETE', passkey, { token, body: {} }),
  ]);
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  const { passkeys, identities } = await methods(token);
  expect([passkeys, identities.length].toSorted()).toEqual([0, 1]);
});

describe('a first password', () => {
  it('ends what was under way, keeps the session, and is told to the owner', async () => {
    const { email, subject, token, refreshToken } = await newPerson();
    const other = await socialLogin(subject);
    await client.call('POST', '/auth/magic-link', { body: { email } });
    const link = await mailbox.token(email, /link to sign in/);
    expect((await setPassword(token)).status).toBe(204);
    expect((await client.me(token)).status).toBe(200);
    expect((await client.refresh(refreshToken)).status).toBe(200);
    expect((await client.me(other.body.access_token)).status).toBe(401);
    const answer = await client.call('POST', '/auth/magic-link/confirm', { body: { token: link } });
    expect(outcome(answer)).toEqual([400, 'one_time_token_invalid']);
    expect((await client.login(email)).status).toBe(200);
    expect(await sentMails(service, mailbox, email, 'Your password was changed')).toHaveLength(1);
  });

  it('is set by one of 20 concurrent requests', async () => {
    const { email, token } = await newPerson();
    const candidates = Array.from({ length: 20 }, (_, index) => `${strongPassword}-${String(index)}`);
    const answers = await Promise.all(candidates.map((next) => setPassword(token, next)));
    const winners = candidates.filter((_, index) => answers[index]?.status === 204);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(19);
    expect((await client.login(email, winners[0])).status).toBe(200);
    expect(outcome(await setPassword(token))).toEqual(refused);
  });

  it('is not the one that a forced reset took away', async () => {
    const admin = await newAdmin(service);
    const { email, accessToken } = await client.newAccount();
    await service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
    const { id } = (await client.me(accessToken)).body;
    const path = `/auth/admin/accounts/${String(id)}/password-reset`;
    expect((await client.call('POST', path, { token: admin.accessToken })).status).toBe(204);
    await client.call('POST', '/auth/magic-link', { body: { email } });
    const link = await mailbox.token(email, /link to sign in/);
    const { body } = await client.call('POST', '/auth/magic-link/confirm', { body: { token: link } });
    expect(outcome(await setPassword(body.access_token))).toEqual([422, 'password_reused']);
    expect((await setPassword(body.access_token, 'amber-heron-reads-97-maps')).status).toBe(204);
  });
});
