import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadAuthConfig } from '../src/config.ts';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Browser } from './support/browser.ts';
import { Client, newEmail, type Answer } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import {
  productionSettings,
  startTestService,
  strongPassword,
  testEnvironment,
  type TestService,
} from './support/service.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let browser: Browser;
let provider: OpenIdProvider;
/** Of a service on the same database that admits verified e-mail addresses only. */
let strict: Client;

beforeAll(async () => {
  [mailbox, browser, provider] = await Promise.all([Mailbox.open(), Browser.start(), OpenIdProvider.start('alpha')]);
  const settings = {
    SMTP_URL: mailbox.url,
    WEBAUTHN_ORIGINS: browser.origin(),
    OIDC_PROVIDERS: JSON.stringify([provider.settings]),
  };
  service = await startTestService(settings);
  client = new Client(service.url);
  const { databaseUrl: DATABASE_URL } = service;
  strict = new Client((await startTestService({ ...settings, DATABASE_URL, REQUIRE_VERIFIED_EMAIL: 'true' })).url);
});
afterAll(() => browser.stop());
beforeEach(() => browser.newAuthenticator());

const outcome = ({ status, body }: Answer) => [status, body?.code];

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** Verifies the e-mail address of an account, as its holder. */
async function verify(email: string): Promise<void> {
  const token = await mailbox.token(email, /e-mail address/i);
  const body = { token, password: strongPassword };
  expect((await client.call('POST', '/auth/email-verification/confirm', { body })).status).toBe(204);
}

describe('the claim email_verified', () => {
  it('says at each issue of a token whether the e-mail address is verified', async () => {
    const email = newEmail();
    await client.register(email);
    const before = await client.newSession(email);
    const unverified = await client.refresh(before.refreshToken);
    await verify(email);
    const refreshed = await client.refresh(unverified.body.refresh_token);
    const after = await client.newSession(email);
    const tokens = [before.accessToken, unverified.body.access_token, refreshed.body.access_token, after.accessToken];
    expect(tokens.map((token) => claimsOf(token).email_verified)).toEqual([false, false, true, true]);
  });
});

describe('where login requires a verified e-mail address', () => {
  const refused = [403, 'email_unverified'];
  const request = (email: string) => strict.call('POST', '/auth/email-verification/request', { body: { email } });
  const verificationMails = (email: string) =>
    mailbox.to(email).filter(({ subject }) => /e-mail address/i.test(subject ?? '')).length;

  it('tells only a person who knows the password, and mails the link again', async () => {
    const email = newEmail();
    await strict.register(email);
    await mailbox.expect(email, /e-mail address/i);
    expect(outcome(await strict.login(email))).toEqual(refused);
    expect(outcome(await strict.login(email, 'a wrong but long password'))).toEqual([401, 'credentials_invalid']);
    expect(outcome(await strict.login(newEmail()))).toEqual([401, 'credentials_invalid']);
    expect((await request(email)).status).toBe(202);
    while (verificationMails(email) < 2) {
      await mailbox.expect(email, /e-mail address/i);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await verify(email);
    expect((await strict.login(email)).status).toBe(200);
  });

  it('does not tell by a request of the link whether an account exists or is verified', async () => {
    const { email } = await client.newAccount();
    await verify(email);
    const answers = [await request(email), await request(newEmail())];
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [202, undefined],
      [202, undefined],
    ]);
    const links = 'SELECT t.purpose FROM one_time_token t JOIN account a ON a.id = t.account_id WHERE a.email = $1';
    expect((await service.database.query(links, [email])).rows).toEqual([]);
  });

  it('does not count correct passwords as failures', async () => {
    const email = newEmail();
    await strict.register(email);
    for (let attempt = 0; attempt < 7; attempt += 1) {
      expect(outcome(await strict.login(email))).toEqual(refused);
    }
  });

  it('refuses before it asks for a second factor', async () => {
    const { email } = await newEnrolledAccount(client);
    expect((await client.login(email)).body.mfa_required).toBe(true);
    expect(outcome(await strict.login(email))).toEqual(refused);
  });

  it('refuses passkeys and linked identities of an unverified account', async () => {
    const { email, accessToken: token } = await client.newAccount();
    const { body: options } = await client.call('POST', '/auth/passkey-options', {
      token,
      body: { password: strongPassword },
    });
    const added = { name: 'laptop', credential: await browser.create(options) };
    expect((await client.call('POST', '/auth/passkeys', { token, body: added })).status).toBe(201);
    const subject = provider.person({ email: newEmail(), email_verified: true });
    const link = { redirect_uri: redirectUri, password: strongPassword };
    expect((await socialFlow('/auth/me/identities/alpha', subject, link, token)).status).toBe(200);

    const passkeyLogin = async (by: Client) => {
      const { body } = await by.call('POST', '/auth/login/passkey/options');
      const credential = await browser.get(body);
      return by.call('POST', '/auth/login/passkey', { body: { credential } });
    };
    const socialLogin = () => socialFlow('/auth/social/alpha', subject, { redirect_uri: redirectUri });
    expect(outcome(await passkeyLogin(strict))).toEqual(refused);
    expect(outcome(await socialLogin())).toEqual(refused);
    const failures = "SELECT detail->>'passkey_id' IS NULL AS social FROM audit_event WHERE type = 'login.failed' AND";
    const { rows } = await service.database.query(`${failures} occurred_at > now() - interval '1 minute' ORDER BY id`);
    expect(rows.slice(-2)).toEqual([{ social: false }, { social: true }]);
    await verify(email);
    expect((await passkeyLogin(strict)).status).toBe(200);
    expect((await socialLogin()).status).toBe(200);
  });

  it('admits by a magic link, and by a provider that has verified the e-mail address', async () => {
    const [email, other] = [newEmail(), newEmail()];
    await strict.register(email);
    await strict.call('POST', '/auth/magic-link', { body: { email } });
    const token = await mailbox.token(email, /link to sign in/);
    expect((await strict.call('POST', '/auth/magic-link/confirm', { body: { token } })).status).toBe(200);
    const subject = provider.person({ email: other, email_verified: true });
    expect((await socialFlow('/auth/social/alpha', subject, { redirect_uri: redirectUri })).status).toBe(200);
  });

  it('lets sessions go on that have begun', async () => {
    const { refreshToken } = await client.newAccount();
    const { status, body } = await strict.refresh(refreshToken);
    expect([status, claimsOf(body.access_token).email_verified]).toEqual([200, false]);
  });

  it('does not start in production without a mail server', () => {
    const settings = { ...productionSettings, DATABASE_URL: service.databaseUrl, REQUIRE_VERIFIED_EMAIL: 'true' };
    expect(() => loadAuthConfig(testEnvironment(settings))).toThrow('REQUIRE_VERIFIED_EMAIL: needs SMTP_URL');
  });

  /** Logs a person in at the provider, and completes the flow. */
  async function socialFlow(path: string, subject: string, body: object, token?: string): Promise<Answer> {
    const options = token === undefined ? {} : { token };
    const started = await strict.call('POST', `${path}/start`, { body, ...options });
    const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const answer = await provider.logIn(started.body.authorization_url, subject);
    return strict.call('POST', `${path}/complete`, { body: answer, headers: { cookie }, ...options });
  }
});
