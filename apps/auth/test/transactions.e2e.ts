import { beforeAll, beforeEach, expect, it } from 'vitest';
import { Client, newEmail } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  await service.database.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk on fire'; END $$`);
});

// the audit event is written last, so that its failure follows a use case's other writes
const breakAudit = () =>
  service.database.query('CREATE TRIGGER fail BEFORE INSERT ON audit_event EXECUTE FUNCTION fail()');
beforeEach(() => service.database.query('DROP TRIGGER IF EXISTS fail ON audit_event'));

const snapshot = async () => {
  const { rows } = await service.database.query(`
    SELECT (SELECT json_agg(a ORDER BY id) FROM account a) AS accounts,
           (SELECT json_agg(s ORDER BY id) FROM session s) AS sessions,
           (SELECT json_agg(k ORDER BY kid) FROM signing_key k) AS keys,
           (SELECT count(*) FROM one_time_token) AS tokens, (SELECT count(*) FROM mail) AS mails,
           (SELECT count(*) FROM service_account) AS service_accounts,
           (SELECT count(*) FROM audit_event) AS events`);
  return rows[0];
};

const useCases: [string, (token: string, email: string) => Promise<{ status: number; body: { code: string } }>][] = [
  ['register', () => client.register(newEmail())],
  ['login', (_token, email) => client.login(email)],
  ['logout', (token) => client.call('POST', '/auth/logout', { token })],
  ['logout-all', (token) => client.call('POST', '/auth/logout-all', { token })],
  [
    'password change',
    (token) =>
      client.call('PUT', '/auth/me/password', {
        token,
        body: { current_password: strongPassword, new_password: 'amber-heron-reads-97-maps' },
      }),
  ],
  ['account deletion', (token) => client.call('DELETE', '/auth/me', { token, body: { password: strongPassword } })],
  [
    'account creation',
    (token) =>
      client.call('POST', '/auth/admin/accounts', { token, body: { email: newEmail(), password: strongPassword } }),
  ],
  ['invitation', (token) => client.call('POST', '/auth/admin/invitations', { token, body: { email: newEmail() } })],
  [
    'service account creation',
    (token) =>
      client.call('POST', '/auth/admin/service-accounts', {
        token,
        body: { name: newEmail(), scopes: ['notes:read'] },
      }),
  ],
  ['key rotation', (token) => client.call('POST', '/auth/keys/rotate', { token })],
];

it.each(useCases)('%s changes nothing if it fails between its writes', async (_name, run) => {
  const { email } = await client.newAccount();
  await service.database.query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [email]);
  const { accessToken } = await client.newSession(email);
  const before = await snapshot();
  await breakAudit();
  const { status, body } = await run(accessToken, email);
  expect([status, body.code]).toEqual([500, 'internal_error']);
  expect(JSON.stringify(body)).not.toContain('fire');
  expect(await snapshot()).toEqual(before);
});

it('a reused refresh token ends its session only if that can be audited', async () => {
  const { refreshToken } = await client.newAccount();
  const { body } = await client.refresh(refreshToken);
  await service.database.query("UPDATE session SET rotated_at = rotated_at - interval '61 s'");
  await breakAudit();
  expect((await client.refresh(refreshToken)).status).toBe(500);
  await service.database.query('DROP TRIGGER fail ON audit_event');
  expect((await client.refresh(refreshToken)).status).toBe(401);
  expect((await client.refresh(body.refresh_token)).status).toBe(401);
});
