import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { meet } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  const mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url, DATABASE_POOL_MAX: '60' });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const nobody = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';
const outcome = ({ status, body }: Answer) => `${String(status)} ${String(body?.code)}`;

interface Targets {
  account: string;
  serviceAccount: string;
  key: string;
}

const webhook = { url: 'https://receiver.example.com/', event_types: ['account.created'] };

/** Everything that an admin can change, as a method, a path below `/auth` and a body. */
const acts = ({ account, serviceAccount, key }: Targets): [string, string, object?][] => [
  ['POST', '/admin/accounts', { email: newEmail(), password: strongPassword, roles: ['user', 'admin'] }],
  ['POST', '/admin/accounts', { email: newEmail(), password: strongPassword, roles: ['user', 'admin'] }],
  ['POST', '/admin/invitations', { email: newEmail(), roles: ['admin'] }],
  ['PUT', `/admin/accounts/${account}/roles`, { roles: ['admin'] }],
  ['PATCH', `/admin/accounts/${account}`, { name: 'stolen' }],
  ['PUT', `/admin/accounts/${account}/email`, { email: newEmail(), verified: true }],
  ['POST', `/admin/accounts/${account}/email-verification`],
  ['POST', `/admin/accounts/${account}/disable`],
  ['POST', `/admin/accounts/${account}/enable`],
  ['POST', `/admin/accounts/${account}/password-reset`],
  ['DELETE', `/admin/accounts/${account}/mfa`],
  ['DELETE', `/admin/accounts/${account}/mfa/totp`],
  ['DELETE', `/admin/accounts/${account}/sessions`],
  ['DELETE', `/admin/accounts/${account}/sessions/${nobody}`],
  ['DELETE', `/admin/accounts/${account}/applications/notes`],
  ['DELETE', `/admin/accounts/${account}/passkeys/${nobody}`],
  ['DELETE', `/admin/accounts/${account}/identities/${nobody}`],
  ['DELETE', `/admin/accounts/${account}`],
  ['POST', '/admin/service-accounts', { name: newEmail(), scopes: ['audit:read'] }],
  ['POST', `/admin/service-accounts/${serviceAccount}/keys`, {}],
  ['POST', `/admin/service-accounts/${serviceAccount}/keys/${key}/rotate`, {}],
  ['DELETE', `/admin/service-accounts/${serviceAccount}/keys/${key}`],
  ['DELETE', `/admin/service-accounts/${serviceAccount}`],
  ['POST', '/admin/applications', { name: 'notes', kind: 'machine' }],
  ['PUT', `/admin/applications/${nobody}`, { name: 'notes' }],
  ['POST', `/admin/applications/${nobody}/secrets`, {}],
  ['DELETE', `/admin/applications/${nobody}`],
  ['POST', `/admin/mails/${nobody}/retry`],
  ['POST', '/admin/imports', {}],
  ['POST', '/admin/webhooks', webhook],
  ['PUT', `/admin/webhooks/${nobody}`, webhook],
  ['POST', `/admin/webhooks/${nobody}/secret`, {}],
  ['POST', `/admin/webhooks/${nobody}/test`],
  ['POST', `/admin/webhooks/${nobody}/replay`, { since: '2026-11-25T12:00:00Z' }],
  ['POST', `/admin/webhooks/${nobody}/deliveries/${nobody}/replay`],
  ['DELETE', `/admin/webhooks/${nobody}`],
  ['POST', '/keys/rotate'],
];

/** What acts would change. */
const state = async () => {
  const { rows } = await service.database.query(
    `SELECT (SELECT count(*) FROM account) AS accounts, (SELECT count(*) FROM api_key) AS keys,
       (SELECT count(*) FROM service_account) AS clients, (SELECT count(*) FROM application) AS applications, (SELECT count(*) FROM signing_key) AS signing_keys,
       (SELECT count(*) FROM webhook_endpoint) AS webhooks,
       (SELECT count(*) FROM account WHERE name IS NOT NULL) AS names,
       (SELECT count(*) FROM account WHERE 'admin' = ANY (roles)) AS admins`,
  );
  return rows[0];
};

describe('requests of an admin under way change nothing once', () => {
  const ends: Record<string, [sql: string, refusal: string]> = {
    'the role is taken': ["UPDATE account SET roles = '{user}' WHERE id = $1", '403 role_required'],
    'the account is disabled': ['UPDATE account SET disabled_at = now() WHERE id = $1', '401 token_invalid'],
    'the sessions end': [
      'WITH ended AS (DELETE FROM session WHERE account_id = $1) UPDATE account SET security_epoch = 1 WHERE id = $1',
      '401 token_invalid',
    ],
  };

  it.each(Object.entries(ends))('%s', async (_name, [end, refusal]) => {
    const actor = await newAdmin(service);
    const as = (token: string, method: string, path: string, body?: object) =>
      client.call(method, `/auth${path}`, { token, ...(body ? { body } : {}) });
    const account = (await client.register(newEmail())).body.id;
    const made = await as(admin.accessToken, 'POST', '/admin/service-accounts', { name: newEmail(), scopes: ['a'] });
    const key = await as(admin.accessToken, 'POST', `/admin/service-accounts/${made.body.id}/keys`, {});
    const requests = acts({ account, serviceAccount: made.body.id, key: key.body.id });
    const before = await state();
    const answers = await meet(
      service,
      (ending) => ending.query(end, [actor.id]),
      requests.map(
        ([method, path, body]) =>
          () =>
            as(actor.accessToken, method, path, body),
      ),
    );
    expect(answers.map(outcome)).toEqual(requests.map(() => refusal));
    expect({ ...(await state()), admins: '' }).toEqual({ ...before, admins: '' });
    const { rows } = await service.database.query('SELECT type FROM audit_event WHERE actor_id = $1', [actor.id]);
    expect(rows.filter(({ type }) => !/^(account\.registered|login\.)/.test(type))).toEqual([]);
  });
});

it('of 20 admins who demote each other in a circle at the same time none acts without its role', async () => {
  const circle: { accessToken: string; id: string }[] = [];
  for (let i = 0; i < 20; i += 1) {
    circle.push(await newAdmin(service));
  }
  const answers = await Promise.all(
    circle.map(({ accessToken }, i) =>
      client.call('PUT', `/auth/admin/accounts/${String(circle[(i + 1) % circle.length]?.id)}/roles`, {
        token: accessToken,
        body: { roles: ['user'] },
      }),
    ),
  );
  const outcomes = answers.map(outcome);
  expect(outcomes.filter((text) => !/^(200 undefined|403 role_required)$/.test(text))).toEqual([]);
  const { rows } = await service.database.query(
    `SELECT DISTINCT ON (demoted.id) demoted.id FROM audit_event demoted
     JOIN audit_event later ON later.actor_id = demoted.subject_id AND later.type = demoted.type AND later.id > demoted.id
     WHERE demoted.type = 'account.roles_changed' AND demoted.actor_id = ANY ($1)`,
    [circle.map(({ id }) => id)],
  );
  expect(rows).toEqual([]);
});
