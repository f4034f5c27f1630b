import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let settings: Record<string, string>;
let open: TestService;
let mailbox: Mailbox;
let provider: OpenIdProvider;
let admin: { accessToken: string };

beforeAll(async () => {
  [mailbox, provider] = await Promise.all([Mailbox.open(), OpenIdProvider.start('alpha')]);
  settings = { SMTP_URL: mailbox.url, OIDC_PROVIDERS: JSON.stringify([provider.settings]) };
  open = await startTestService(settings);
  admin = await newAdmin(open);
});

/** A client of a further service on the same database. */
const clientWith = async (overrides: Record<string, string>) =>
  new Client((await startTestService({ ...settings, DATABASE_URL: open.databaseUrl, ...overrides })).url);

const outcome = ({ status, body }: Answer) => [status, body?.code];

async function socialLogin(client: Client, email: string): Promise<Answer> {
  const subject = provider.person({ email, email_verified: true });
  const started = await client.call('POST', '/auth/social/alpha/start', { body: { redirect_uri: redirectUri } });
  const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const body = await provider.logIn(started.body.authorization_url, subject);
  return client.call('POST', '/auth/social/alpha/complete', { body, headers: { cookie } });
}

describe('where registration is closed', () => {
  const closed = [403, 'registration_closed'];
  let client: Client;
  beforeAll(async () => {
    client = await clientWith({ REGISTRATION_OPEN: 'false' });
  });
  const invite = async (email: string) => {
    const { status } = await client.call('POST', '/auth/admin/invitations', {
      token: admin.accessToken,
      body: { email },
    });
    expect(status).toBe(201);
  };

  it('nobody registers, whether or not the e-mail address is taken', async () => {
    const email = newEmail();
    await new Client(open.url).register(email);
    expect(outcome(await client.register(email))).toEqual(closed);
    expect(outcome(await client.register(newEmail()))).toEqual(closed);
  });

  it('a first login with a provider creates no account', async () => {
    const email = newEmail();
    expect(outcome(await socialLogin(client, email))).toEqual(closed);
    expect((await open.database.query('SELECT id FROM account WHERE email = $1', [email])).rows).toEqual([]);
  });

  it('invited people come by the invitation or by a provider, and accounts go on', async () => {
    const [byLink, byProvider] = [newEmail(), newEmail()];
    await Promise.all([invite(byLink), invite(byProvider)]);
    const body = { token: await mailbox.token(byLink, /invited|account/i), password: strongPassword };
    expect((await client.call('POST', '/auth/invitations/accept', { body })).status).toBe(204);
    expect((await client.login(byLink)).status).toBe(200);
    expect((await socialLogin(client, byProvider)).status).toBe(200);
  });
});

describe('where magic links are switched off', () => {
  const disabled = [404, 'magic_links_disabled'];
  const request = (by: Client, email: string) => by.call('POST', '/auth/magic-link', { body: { email } });
  const confirm = (by: Client, token: string) => by.call('POST', '/auth/magic-link/confirm', { body: { token } });

  it('none is sent, and none that was sent before works', async () => {
    const client = await clientWith({ MAGIC_LINKS_ENABLED: 'false' });
    const { email } = await client.newAccount();
    await request(new Client(open.url), email);
    const token = await mailbox.token(email, /link to sign in/);
    const links = "SELECT count(*)::int FROM one_time_token WHERE purpose = 'magic_link'";
    const { rows: before } = await open.database.query(links);
    expect(outcome(await request(client, email))).toEqual(disabled);
    expect(outcome(await request(client, newEmail()))).toEqual(disabled);
    expect((await open.database.query(links)).rows).toEqual(before);
    expect(outcome(await confirm(client, token))).toEqual(disabled);
    expect((await confirm(new Client(open.url), token)).status).toBe(200);
  });
});

describe('with a longer minimum of passwords', () => {
  const tooShort = { status: 422, body: { code: 'password_too_weak', detail: 'It must have at least 15 characters.' } };
  const short = 'kq7-vzx-9wpf';
  let client: Client;
  beforeAll(async () => {
    client = await clientWith({ PASSWORD_MIN_LENGTH: '15' });
  });

  it('is enforced wherever a password is set', async () => {
    const { email, accessToken: token } = await client.newAccount();
    const invited = newEmail();
    const byAdmin = { token: admin.accessToken };
    await client.call('POST', '/auth/admin/invitations', { ...byAdmin, body: { email: invited } });
    await client.call('POST', '/auth/password-reset', { body: { email } });
    const [invitation, reset] = [await mailbox.token(invited, /./), await mailbox.token(email, /new password/)];
    const change = { current_password: strongPassword, new_password: short };
    const answers = await Promise.all([
      client.register(newEmail(), short),
      client.call('PUT', '/auth/me/password', { token, body: change }),
      client.call('POST', '/auth/password-reset/confirm', { body: { token: reset, password: short } }),
      client.call('POST', '/auth/invitations/accept', { body: { token: invitation, password: short } }),
      client.call('POST', '/auth/admin/accounts', { ...byAdmin, body: { email: newEmail(), password: short } }),
    ]);
    expect(answers).toMatchObject(answers.map(() => tooShort));
  });

  it('accepts longer passwords, and shorter ones at logins', async () => {
    expect((await client.register(newEmail(), 'kq7-vzx-9wpf-jh2')).status).toBe(201);
    const email = newEmail();
    expect((await new Client(open.url).register(email, short)).status).toBe(201);
    expect((await client.login(email, short)).status).toBe(200);
  });
});
