import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { meet, untilWaiting } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let provider: OpenIdProvider;
let admin: { accessToken: string };

const nextPassword = 'amber-heron-reads-97-maps';

beforeAll(async () => {
  [mailbox, provider] = await Promise.all([Mailbox.open(), OpenIdProvider.start('alpha')]);
  service = await startTestService({ SMTP_URL: mailbox.url, OIDC_PROVIDERS: JSON.stringify([provider.settings]) });
  client = new Client(service.url);
  admin = await newAdmin(service);
});
beforeEach(() => service.database.query('DELETE FROM attempt'));

const outcome = ({ status, body }: Answer) => [status, body?.code];
const unlinked = [403, 'identity_unlinked'];

interface Account {
  id: string;
  email: string;
  accessToken: string;
  identity: string;
}

/** Begins a login or, with a password, a link, and returns how to complete it. */
const begin = async (subject: string, token?: string, password?: string) => {
  const path = token === undefined ? '/auth/social/alpha' : '/auth/me/identities/alpha';
  const authorization = token === undefined ? {} : { token };
  const proof = password === undefined ? {} : { password };
  const started = await client.call('POST', `${path}/start`, {
    body: { redirect_uri: redirectUri, ...proof },
    ...authorization,
  });
  const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const body = await provider.logIn(started.body.authorization_url, subject);
  return () => client.call('POST', `${path}/complete`, { body, headers: { cookie }, ...authorization });
};
const logIn = async (subject: string) => (await begin(subject))();

/** A verified account with a password, and an identity of the e-mail address. */
const newAccount = async (identityEmail?: string): Promise<Account & { subject: string }> => {
  const { email, accessToken } = await client.newAccount();
  await service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
  const subject = provider.person({ email: identityEmail ?? email, email_verified: true });
  const linked = await (await begin(subject, accessToken, strongPassword))();
  expect(linked.status).toBe(200);
  const { id } = (await client.me(accessToken)).body;
  return { id, email, accessToken, identity: linked.body.id, subject };
};
const sessionsOf = async (id: string) => {
  const { rows } = await service.database.query('SELECT id FROM session WHERE account_id = $1 ORDER BY id', [id]);
  return rows.map((row) => row.id as string);
};
const identitiesOf = async (id: string) => {
  const { rowCount } = await service.database.query('SELECT FROM external_identity WHERE account_id = $1', [id]);
  return rowCount;
};

const acts: Record<string, (account: Account) => Promise<Answer>> = {
  'its owner': ({ identity, accessToken: token }) =>
    client.call('DELETE', `/auth/me/identities/${identity}`, { token }),
  'an admin': ({ id, identity }) =>
    client.call('DELETE', `/auth/admin/accounts/${id}/identities/${identity}`, { token: admin.accessToken }),
  'a forced reset': ({ id }) =>
    client.call('POST', `/auth/admin/accounts/${id}/password-reset`, { token: admin.accessToken }),
};

describe.each(Object.entries(acts))('an identity that %s has unlinked', (name, act) => {
  it('is linked again only by the owner', async () => {
    const account = await newAccount();
    const { email, id, subject } = account;
    expect((await act(account)).status).toBe(204);
    expect(outcome(await logIn(subject))).toEqual(unlinked);
    expect(await identitiesOf(id)).toBe(0);

    let { accessToken: token } = account;
    let password = strongPassword;
    if (name === 'a forced reset') {
      const reset = { token: await mailbox.token(email, /new password/), password: nextPassword };
      expect((await client.call('POST', '/auth/password-reset/confirm', { body: reset })).status).toBe(204);
      expect(outcome(await logIn(subject))).toEqual(unlinked);
      password = nextPassword;
      token = (await client.newSession(email, password)).accessToken;
    }
    const { body: data } = await client.call('GET', '/auth/me/export', { token });
    expect(data.unlinked_identities).toEqual([
      { issuer: provider.settings.issuer, subject, unlinked_at: expect.any(String) },
    ]);
    expect((await (await begin(subject, token, password))()).status).toBe(200);
    const { body } = await logIn(subject);
    expect((await client.me(body.access_token)).body.id).toBe(id);
  });

  it('does not stay with an account that is deleted', async () => {
    const account = await newAccount();
    expect((await act(account)).status).toBe(204);
    const path = `/auth/admin/accounts/${account.id}`;
    expect((await client.call('DELETE', path, { token: admin.accessToken })).status).toBe(204);
    const { rowCount } = await service.database.query('SELECT FROM unlinked_identity WHERE subject = $1', [
      account.subject,
    ]);
    expect(rowCount).toBe(0);
    const { body } = await logIn(account.subject);
    expect((await client.me(body.access_token)).body).toMatchObject({ email: account.email });
  });
});

const ends = {
  ...acts,
  'the deletion of the account': ({ id }: Account) =>
    client.call('DELETE', `/auth/admin/accounts/${id}`, { token: admin.accessToken }),
};

describe.each(Object.entries(ends))(
  'after the answer to %s no login by the identity starts a session',
  (_name, act) => {
    it.each(['the account’s e-mail address', 'another e-mail address'])('of the account: with %s', async (emailOf) => {
      const account = await newAccount(emailOf.startsWith('another') ? newEmail() : undefined);
      const logins = await Promise.all(Array.from({ length: 8 }, () => begin(account.subject)));
      const held = 'SELECT FROM account WHERE id = $1 FOR UPDATE';
      let left: string[] = [];
      const [answer] = await meet(service, (transaction) => transaction.query(held, [account.id]), [
        async () => {
          const ended = await act(account);
          left = await sessionsOf(account.id);
          return ended;
        },
        ...logins.map((complete) => async () => {
          await untilWaiting(service.database, 1);
          return complete();
        }),
      ]);
      expect(answer?.status).toBe(204);
      expect(await sessionsOf(account.id)).toEqual(left);
      expect(await identitiesOf(account.id)).toBe(0);
    });

    it('of the account, whichever comes first', async () => {
      for (let round = 0; round < 5; round += 1) {
        const account = await newAccount();
        const logins = await Promise.all(Array.from({ length: 8 }, () => begin(account.subject)));
        let left: string[] = [];
        const [answer, ...completed] = await Promise.all([
          act(account).then(async (ended) => {
            left = await sessionsOf(account.id);
            return ended;
          }),
          ...logins.map((complete) => complete()),
        ]);
        expect(answer.status).toBe(204);
        expect(completed.filter(({ status }) => status >= 500)).toEqual([]);
        expect(await sessionsOf(account.id)).toEqual(left);
        expect(await identitiesOf(account.id)).toBe(0);
      }
    });
  },
);
