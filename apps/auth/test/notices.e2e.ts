import { beforeAll, describe, expect, it } from '@jest/globals';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, type Login } from './support/client.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let provider: OpenIdProvider;

beforeAll(async () => {
  provider = await OpenIdProvider.start('alpha');
  service = await startTestService({ OIDC_PROVIDERS: JSON.stringify([provider.settings]) });
  client = new Client(service.url);
});

const password = { password: strongPassword };
const german = { 'accept-language': 'de' };
const english = { 'accept-language': 'en' };

/** A session of a new account whose owner reads German and has verified the e-mail address. */
const germanAccount = async (): Promise<Login> => {
  const email = newEmail();
  await client.call('POST', '/auth/register', { body: { email, ...password }, headers: german });
  await verify(email);
  return client.newSession(email);
};
const verify = (email: string) =>
  service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
/** Templates and languages of the mails to an e-mail address, except the one of the registration. */
const mailsTo = async (email: string): Promise<string[]> => {
  const { rows } = await service.database.query<{ mail: string }>(
    "SELECT template || ' ' || locale AS mail FROM mail WHERE recipient = $1 AND template <> 'email_verification' ORDER BY id",
    [email],
  );
  return rows.map(({ mail }) => mail);
};
const idOf = async (token: string): Promise<string> => (await client.me(token)).body.id;
const enrol = async (token: string) => {
  const setup = await client.call('POST', '/auth/mfa/totp', { token, body: password });
  const app = new AuthenticatorApp(setup.body.otpauth_uri);
  await app.settle();
  const { body } = await client.call('POST', '/auth/mfa/totp/confirm', { token, body: { code: app.code(-1) } });
  return body.recovery_codes as string[];
};
/** The token of the latest link to an e-mail address, as `/dev/mails` shows it. */
const tokenTo = async (email: string): Promise<string> => {
  for (;;) {
    const { body } = await client.call('GET', '/dev/mails');
    const mail = body.mails.find(
      ({ to, text }: { to: string; text: string }) => to === email && text.includes('token=ot_'),
    );
    if (mail) {
      return /token=(ot_[\w-]{43})/.exec(mail.text)?.[1] ?? '';
    }
  }
};

describe('the owner is told, in the language of the account,', () => {
  it('of an authenticator app added and removed, and of a used recovery code', async () => {
    const { email, accessToken: token, cookie } = await germanAccount();
    const [code] = await enrol(token);
    const { body } = await client.login(email, strongPassword, cookie);
    const login = { mfa_token: body.mfa_token, code };
    expect(
      (await client.call('POST', '/auth/login/mfa', { body: login, headers: { ...english, cookie } })).status,
    ).toBe(200);
    expect((await client.call('DELETE', '/auth/mfa/totp', { token, body: password })).status).toBe(204);
    expect(await mailsTo(email)).toEqual([
      'authenticator_added de',
      'recovery_code_used de',
      // a new factor makes all devices unknown
      'new_device de',
      'authenticator_removed de',
    ]);
  });

  it('of an identity linked and unlinked', async () => {
    const { email, accessToken: token } = await germanAccount();
    const path = `/auth/me/identities/${provider.id}`;
    const started = await client.call('POST', `${path}/start`, {
      token,
      body: { redirect_uri: redirectUri, ...password },
    });
    const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const body = await provider.logIn(started.body.authorization_url, 'somebody');
    const linked = await client.call('POST', `${path}/complete`, { body, token, headers: { cookie } });
    expect(linked.status).toBe(200);
    expect((await client.call('DELETE', `/auth/me/identities/${linked.body.id}`, { token })).status).toBe(204);
    expect(await mailsTo(email)).toEqual(['identity_linked de', 'identity_unlinked de']);
  });

  it('of a changed e-mail address, at both', async () => {
    const { email, accessToken: token } = await germanAccount();
    const to = newEmail();
    await client.call('PUT', '/auth/me/email', { token, body: { email: to, ...password } });
    const confirmation = { token: await tokenTo(to) };
    await client.call('POST', '/auth/email-change/confirm', { body: confirmation, headers: english });
    expect(await mailsTo(email)).toEqual(['email_change_notice de', 'email_changed de']);
    expect(await mailsTo(to)).toEqual(['email_change de', 'email_changed de']);
  });

  it('of the deletion of the account, by its owner or an admin', async () => {
    const [own, other, admin] = [await germanAccount(), await germanAccount(), await newAdmin(service)];
    await client.call('DELETE', '/auth/me', { token: own.accessToken, body: password });
    const path = `/auth/admin/accounts/${await idOf(other.accessToken)}`;
    expect((await client.call('DELETE', path, { token: admin.accessToken, headers: english })).status).toBe(204);
    expect(await mailsTo(own.email)).toEqual(['account_deleted de']);
    expect(await mailsTo(other.email)).toEqual(['account_deleted de']);
  });

  it('of what an admin or a stranger does', async () => {
    const [{ email, accessToken }, admin] = [await germanAccount(), await newAdmin(service)];
    const path = `/auth/admin/accounts/${await idOf(accessToken)}`;
    const options = { token: admin.accessToken, headers: english };
    expect((await client.call('DELETE', `${path}/mfa`, options)).status).toBe(204);
    expect((await client.call('POST', `${path}/password-reset`, options)).status).toBe(204);
    await client.call('POST', '/auth/password-reset', { body: { email }, headers: english });
    expect(await mailsTo(email)).toEqual(['mfa_reset de', 'password_reset_required de', 'password_reset de']);
  });

  it('which a login states if the registration did not', async () => {
    const email = newEmail();
    await client.register(email);
    await verify(email);
    await client.call('POST', '/auth/login', { body: { email, ...password }, headers: german });
    await client.call('POST', '/auth/login', { body: { email, ...password }, headers: english });
    expect(await mailsTo(email)).toEqual(['new_device de']);
  });
});
