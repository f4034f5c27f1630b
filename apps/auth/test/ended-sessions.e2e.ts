import { beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { Client, newAdmin, type Answer } from './support/client.ts';
import { meet } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  const [mailbox, provider] = await Promise.all([Mailbox.open(), OpenIdProvider.start('alpha')]);
  service = await startTestService({ SMTP_URL: mailbox.url, OIDC_PROVIDERS: JSON.stringify([provider.settings]) });
  client = new Client(service.url);
});

/** An account with a passkey and an application's consent, and two sessions: that of the owner, and one that ends. */
interface Situation {
  id: string;
  ownerSession: string;
  passkey: string;
  clientId: string;
}

const sessionOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
const outcome = ({ status, body }: Answer) => [status, body?.code];

async function newSituation() {
  const owner = await client.newAccount();
  const other = await client.newSession(owner.email);
  const id: string = (await client.me(owner.accessToken)).body.id;
  const [passkey, clientId] = [randomUUID(), randomUUID()];
  const { database } = service;
  await database.query(
    `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
     VALUES ($1, $2, $3, '\\x02', 0, '{}', false, 'mine')`,
    [passkey, id, Buffer.from(passkey)],
  );
  const admin = await newAdmin(service, client);
  const application = { client_id: clientId, name: 'Notes', kind: 'web', redirect_uris: ['https://app.example.com/'] };
  const added = await client.call('POST', '/auth/admin/applications', { token: admin.accessToken, body: application });
  expect(added.status).toBe(201);
  await database.query("INSERT INTO openid_consent (account_id, application_id, permissions) VALUES ($1, $2, '{}')", [
    id,
    added.body.id,
  ]);
  return { owner, other, id, ownerSession: sessionOf(owner.accessToken), passkey, clientId };
}

/** What an account has that requests change. */
async function stateOf(id: string): Promise<unknown> {
  const { rows } = await service.database.query(
    `SELECT ARRAY(SELECT id FROM session WHERE account_id = $1 ORDER BY id) AS sessions,
       ARRAY(SELECT name FROM passkey WHERE account_id = $1) AS passkeys,
       (SELECT count(*) FROM openid_consent WHERE account_id = $1) AS consents,
       (SELECT count(*) FROM social_flow WHERE account_id = $1) AS flows,
       ARRAY(SELECT t::text FROM one_time_token t WHERE account_id = $1 ORDER BY 1) AS links,
       (SELECT a::text FROM account a WHERE id = $1) AS account,
       (SELECT count(*) FROM audit_event WHERE subject_id = $1) AS events`,
    [id],
  );
  return rows[0];
}

describe('a request whose session ends while it is under way changes nothing:', () => {
  const requests: Record<string, (of: Situation) => [string, string, object?]> = {
    'a logout of all other devices': () => ['POST', '/auth/logout-others'],
    'a logout everywhere': () => ['POST', '/auth/logout-all'],
    'the end of another session': ({ ownerSession }) => ['DELETE', `/auth/sessions/${ownerSession}`],
    'another name of a passkey': ({ passkey }) => ['PATCH', `/auth/passkeys/${passkey}`, { name: 'stolen' }],
    'a change of the profile': () => ['PATCH', '/auth/me', { name: 'stolen' }],
    'another verification e-mail': () => ['POST', '/auth/email-verification'],
    'the withdrawal of a consent': ({ clientId }) => ['DELETE', `/auth/applications/${clientId}`],
    'the begin of linking an identity': () => [
      'POST',
      '/auth/me/identities/alpha/start',
      { redirect_uri: redirectUri, password: strongPassword },
    ],
  };

  it.each(Object.keys(requests))('%s', async (name) => {
    const { other, id, ...rest } = await newSituation();
    const [method, path, body] = requests[name]?.({ id, ...rest }) ?? ['', ''];
    const ended = sessionOf(other.accessToken);
    const call = { token: other.accessToken, ...(body ? { body } : {}) };
    const before = (await stateOf(id)) as { sessions: string[] };
    const [answer] = await meet(
      service,
      async (held) => {
        await held.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [id]);
        await held.query('DELETE FROM session WHERE id = $1', [ended]);
      },
      [() => client.call(method, path, call)],
    );
    expect(answer && outcome(answer)).toEqual([401, 'token_invalid']);
    expect(await stateOf(id)).toEqual({ ...before, sessions: before.sessions.filter((session) => session !== ended) });
  });
});

it('of two sessions that end each other at once one stays, without a deadlock', async () => {
  for (let round = 0; round < 10; round += 1) {
    const one = await client.newAccount();
    const two = await client.newSession(one.email);
    const end = (by: string, ended: string) =>
      client.call('DELETE', `/auth/sessions/${sessionOf(ended)}`, { token: by });
    const answers = await Promise.all([end(one.accessToken, two.accessToken), end(two.accessToken, one.accessToken)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
  }
});
