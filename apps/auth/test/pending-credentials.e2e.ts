import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { Browser } from './support/browser.ts';
import { Client, newEmail, type Answer } from './support/client.ts';
import { meet, untilWaiting } from './support/locks.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let browser: Browser;
let provider: OpenIdProvider;

const password = { password: strongPassword };
const nextPassword = 'amber-heron-reads-97-maps';

beforeAll(async () => {
  [browser, provider] = await Promise.all([Browser.start(), OpenIdProvider.start('alpha')]);
  service = await startTestService({
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
const post = (path: string, token: string, body: object = password, headers: Record<string, string> = {}) =>
  client.call('POST', path, { token, body, headers });

type Completion = () => Promise<Answer>;

const beginLink = async (token: string): Promise<Completion> => {
  const { body, headers } = await post('/auth/me/identities/alpha/start', token, {
    redirect_uri: redirectUri,
    ...password,
  });
  const subject = provider.person({ email: newEmail(), email_verified: true });
  const response = await provider.logIn(body.authorization_url, subject);
  const cookie = headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  return () => post('/auth/me/identities/alpha/complete', token, response, { cookie });
};
/** What begins to add a credential, and returns how to complete it; and the answer to one that has ended. */
const kinds: Record<string, { begin: (token: string) => Promise<Completion>; ended: [number, string] }> = {
  'a passkey': {
    async begin(token) {
      const { body } = await post('/auth/passkey-options', token);
      const credential = await browser.create(body);
      return () => post('/auth/passkeys', token, { name: 'laptop', credential });
    },
    ended: [422, 'passkey_refused'],
  },
  'an authenticator app': {
    async begin(token) {
      const { body } = await post('/auth/mfa/totp', token);
      const app = new AuthenticatorApp(body.otpauth_uri);
      await app.settle();
      return () => post('/auth/mfa/totp/confirm', token, { code: app.code(-1) });
    },
    ended: [403, 'mfa_code_invalid'],
  },
  'an identity': { begin: beginLink, ended: [401, 'social_login_failed'] },
};

/** What ends everything that is under way, and keeps the session. */
const ends: Record<string, (token: string) => Promise<() => Promise<Answer>>> = {
  'a new password': (token) =>
    Promise.resolve(() =>
      client.call('PUT', '/auth/me/password', {
        token,
        body: { current_password: strongPassword, new_password: nextPassword },
      }),
    ),
  'an identity that is unlinked': async (token) => {
    const { body } = await (await beginLink(token))();
    return () => client.call('DELETE', `/auth/me/identities/${String(body.id)}`, { token });
  },
};
const added = async (email: string) => {
  const { rows } = await service.database.query(
    `SELECT second_factor, (SELECT count(*)::int FROM passkey WHERE account_id = a.id) AS passkeys,
       (SELECT count(*)::int FROM external_identity WHERE account_id = a.id) AS identities
     FROM account a WHERE email = $1`,
    [email],
  );
  return rows[0];
};
const nothing = { second_factor: false, passkeys: 0, identities: 0 };

describe.each(Object.entries(ends))('%s', (_name, prepare) => {
  it.each(Object.entries(kinds))('ends %s that is being added', async (_kind, { begin, ended }) => {
    const { email, accessToken: token } = await client.newAccount();
    const end = await prepare(token);
    const complete = await begin(token);
    expect((await end()).status).toBe(204);
    expect(outcome(await complete())).toEqual(ended);
    expect(await added(email)).toEqual(nothing);
  });

  it.each(Object.entries(kinds))('ends %s that is being added at the same time', async (_kind, { begin }) => {
    const { email, accessToken: token } = await client.newAccount();
    const end = await prepare(token);
    const complete = await begin(token);
    const [change, completed] = await meet(
      service,
      (held) => held.query('SELECT FROM account WHERE email = $1 FOR UPDATE', [email]),
      [
        end,
        async () => {
          await untilWaiting(service.database, 1);
          return complete();
        },
      ],
    );
    expect(change?.status).toBe(204);
    expect([401, 403, 422]).toContain(completed?.status);
    expect(await added(email)).toEqual(nothing);
  });
});

it.each(Object.entries(kinds))('%s is added if nothing ends it', async (_kind, { begin }) => {
  const { accessToken: token } = await client.newAccount();
  expect((await (await begin(token))()).status).toBeLessThan(300);
});
