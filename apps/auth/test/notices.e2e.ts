import { beforeAll, describe, expect, it } from 'vitest';
import { enrol } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, type Answer, type Login } from './support/client.ts';
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
const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')?.split(';', 1)[0] ?? '';
const linkIdentity = async (token: string) => {
  const path = `/auth/me/identities/${provider.id}`;
  const started = await client.call('POST', `${path}/start`, {
    token,
    body: { redirect_uri: redirectUri, ...password },
  });
  const body = await provider.logIn(started.body.authorization_url, newEmail());
  return client.call('POST', `${path}/complete`, { body, token, headers: { cookie: cookieOf(started) } });
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
    const { email, accessToken: token, cookie: before } = await germanAccount();
    const { answer, recoveryCodes } = await enrol(client, token, before);
    const [code, cookie] = [recoveryCodes[0], cookieOf(answer)];
    const { body } = await client.login(email, strongPassword, cookie);
    const login = { mfa_token: body.mfa_token, code };
    expect(
      (await client.call('POST', '/auth/login/mfa', { body: login, headers: { ...english, cookie } })).status,
    ).toBe(200);
    expect((await client.call('DELETE', '/auth/mfa/totp', { token, body: password })).status).toBe(204);
    expect(await mailsTo(email)).toEqual([
      'authenticator_added de',
      'recovery_code_used de',
      'authenticator_removed de',
    ]);
  });

  it('of an identity linked and unlinked', async () => {
    const { email, accessToken: token } = await germanAccount();
    const linked = await linkIdentity(token);
    expect(linked.status).toBe(200);
    expect((await client.call('DELETE', `/auth/me/identities/${linked.body.id}`, { token })).status).toBe(204);
    expect(await mailsTo(email)).toEqual(['identity_linked de', 'identity_unlinked de']);
  });

  it('of a changed e-mail address, at both', async () => {
    const { email, accessToken: token } = await germanAccount();
    const to = newEmail();
    await client.call('PUT', '/auth/me/email', { token, body: { email: to, ...password } });
    const confirmation = { token: await tokenTo(to) };
    await client.call('POST', '/auth/email-change/confirm', { token, body: confirmation, headers: english });
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

describe('a device on which the owner changes what opens the account', () => {
  /** Each returns the answer to the change. */
  const changes: Record<string, (login: Login) => Promise<Answer>> = {
    'by a new password': ({ accessToken: token, cookie }) => {
      const body = { current_password: strongPassword, new_password: strongPassword };
      return client.call('PUT', '/auth/me/password', { token, body, headers: { cookie } });
    },
    'by an authenticator app': async ({ accessToken, cookie }) => (await enrol(client, accessToken, cookie)).answer,
    'by removing an authenticator app': async ({ accessToken: token, cookie }) => {
      const enrolled = cookieOf((await enrol(client, token, cookie)).answer);
      return client.call('DELETE', '/auth/mfa/totp', { token, body: password, headers: { cookie: enrolled } });
    },
    'by unlinking an identity': async ({ accessToken: token, cookie }) => {
      const { body } = await linkIdentity(token);
      return client.call('DELETE', `/auth/me/identities/${String(body.id)}`, { token, headers: { cookie } });
    },
  };
  /** Mails of a new device after a login with a cookie, whether or not it takes a second factor. */
  const noticesOf = async (email: string, cookie: string) => {
    // a second notice about the same kind of device is not sent within a day
    await service.database.query("DELETE FROM mail WHERE template = 'new_device'");
    await service.database.query('DELETE FROM attempt');
    await service.database.query('UPDATE account SET second_factor = false');
    expect((await client.login(email, strongPassword, cookie)).status).toBe(200);
    return (await mailsTo(email)).filter((mail) => mail.startsWith('new_device'));
  };

  it.each(Object.entries(changes))('stays a known one: %s', async (_name, change) => {
    const login = await germanAccount();
    const other = (await client.newSession(login.email)).cookie;
    const answer = await change(login);
    expect(answer.status).toBeLessThan(300);
    expect(await noticesOf(login.email, cookieOf(answer))).toEqual([]);
    expect(await noticesOf(login.email, other)).toEqual(['new_device de']);
  });

  it('does not become a known one', async () => {
    const { accessToken } = await germanAccount();
    const stranger = await germanAccount();
    expect(cookieOf((await enrol(client, accessToken, stranger.cookie)).answer)).toBe('');
  });
});
