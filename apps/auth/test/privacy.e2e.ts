import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newEmail } from './support/client.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService({ LOGIN_ACCOUNT_BURST: '1000' });
  client = new Client(service.url);
  await holdLimits(service);
});

const query = async (statement: string, parameters: unknown[] = []) =>
  (await service.database.query(statement, parameters)).rows;
const exportOf = (token: string) => client.call('GET', '/auth/me/export', { token });
const remove = (token: string) =>
  client.call('DELETE', '/auth/me', { token, body: { password: strongPassword }, headers: { 'user-agent': 'phone' } });
const newId = async (token: string): Promise<string> => (await client.me(token)).body.id;
const eventsOf = (id: string) =>
  query('SELECT * FROM audit_event WHERE actor_id = $1 OR subject_id = $1 ORDER BY id', [id]);
const adminId = '0199f2c4-0000-7000-8000-00000000000a';

describe('GET /auth/me/export', () => {
  it('exports everything stored about the account, nothing about others, no secret and no hash', async () => {
    const stranger = await client.newAccount();
    const { email, accessToken, refreshToken } = await client.newAccount();
    const id = await newId(accessToken);
    await client.login(email, 'not-the-password');
    await query(
      `INSERT INTO audit_event (id, type, actor_id, subject_id, address, user_agent, detail)
       VALUES (gen_random_uuid(), 'account.disabled', $1, $2, '192.0.2.9', 'the admin’s browser', '{"reason":"spam"}')`,
      [adminId, id],
    );
    const { status, body, headers } = await exportOf(accessToken);
    expect([status, headers.get('content-disposition')]).toEqual([200, 'attachment; filename="account.json"']);
    expect(body.account).toEqual([expect.objectContaining({ id, email, roles: ['user'] })]);
    expect(body.sessions).toEqual([expect.objectContaining({ address: '127.0.0.1', user_agent: 'node' })]);
    expect(body.mails.map(({ template }: { template: string }) => template)).toContain('email_verification');
    const types = body.audit_events.map(({ type }: { type: string }) => type).sort();
    expect(types).toEqual(
      ['account.registered', 'login.succeeded', 'login.failed', 'account.disabled', 'account.data_exported'].sort(),
    );
    const byAdmin = body.audit_events.find(({ type }: { type: string }) => type === 'account.disabled');
    expect(byAdmin).toMatchObject({ actor: 'other', address: null, user_agent: null, detail: { reason: 'spam' } });
    const text = JSON.stringify(body);
    const [{ password_hash, token_hash }] = await query(
      `SELECT password_hash, encode(token_hash, 'hex') AS token_hash FROM account a JOIN session s ON a.id = account_id
       WHERE a.id = $1`,
      [id],
    );
    const secrets = [password_hash, token_hash, refreshToken, accessToken, strongPassword, adminId, '$argon2'];
    for (const hidden of [...secrets, stranger.email, '192.0.2.9']) {
      expect([hidden, text.includes(hidden)]).toEqual([hidden, false]);
    }
  });

  it('exports a long audit trail in full', async () => {
    const { accessToken } = await client.newAccount();
    await query(
      `INSERT INTO audit_event (id, type, actor_id, subject_id)
       SELECT gen_random_uuid(), 'test', $1, $1 FROM generate_series(1, 2500)`,
      [await newId(accessToken)],
    );
    const { body } = await exportOf(accessToken);
    const ids = new Set(body.audit_events.map((event: { id: string }) => event.id));
    expect([body.audit_events.length, ids.size]).toEqual([2503, 2503]);
  });

  it('requires a token, and is limited', async () => {
    expect((await client.call('GET', '/auth/me/export')).status).toBe(401);
    const { accessToken } = await client.newAccount();
    const statuses = [];
    for (let i = 0; i < 6; i += 1) {
      statuses.push((await exportOf(accessToken)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });

  it('covers every table that refers to an account', async () => {
    const names: Record<string, string> = {
      external_identity: 'external_identities',
      mail: 'mails',
      one_time_token: 'one_time_tokens',
      openid_consent: 'application_consents',
      passkey: 'passkeys',
      recovery_code: 'recovery_codes',
      session: 'sessions',
      social_flow: 'social_flows',
      totp: 'totp',
      unlinked_identity: 'unlinked_identities',
    };
    const tables = await query(
      "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE confrelid = 'account'::regclass ORDER BY 1",
    );
    const { accessToken } = await client.newAccount();
    const { body } = await exportOf(accessToken);
    expect(tables.filter(({ name }) => !Array.isArray(body[names[name] ?? '']))).toEqual([]);
  });
});

describe('the deletion of an account', () => {
  it('keeps ids and types of events in the audit trail, but no IP address, device or fact about the person', async () => {
    const { email, accessToken } = await client.newAccount();
    const id = await newId(accessToken);
    await client.login(email, 'not-the-password');
    await query(
      `INSERT INTO audit_event (id, type, actor_id, subject_id, address, detail)
       VALUES (gen_random_uuid(), 'test', $1, $2, '192.0.2.9', $3)`,
      [adminId, id, { email, count: 3, done: true, session_id: adminId, session_ids: [adminId, id], words: ['a b'] }],
    );
    const before = await eventsOf(id);
    expect((await remove(accessToken)).status).toBe(204);
    const after = await eventsOf(id);
    expect(after.map(({ type }) => type).sort()).toEqual([...before.map(({ type }) => type), 'account.deleted'].sort());
    const byAdmin = after.find(({ actor_id }) => actor_id === adminId);
    // the event stays complete for the admin who acted
    expect(byAdmin).toMatchObject({
      address: '192.0.2.9',
      detail: { count: 3, done: true, session_id: adminId, session_ids: [adminId, id] },
    });
    for (const event of after.filter((other) => other !== byAdmin)) {
      expect([event.type, event.address, event.user_agent]).toEqual([event.type, null, null]);
    }
    expect(JSON.stringify(after)).not.toContain(email);
  });

  it('leaves no IP address behind during concurrent login attempts', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { email, accessToken } = await client.newAccount();
      const id = await newId(accessToken);
      const attempts = Array.from({ length: 30 }, () => client.login(email, 'not-the-password'));
      const [{ status }] = await Promise.all([remove(accessToken), ...attempts]);
      expect(status).toBe(204);
      expect((await eventsOf(id)).filter(({ address, user_agent }) => address ?? user_agent)).toEqual([]);
    }
  });
});

describe('the audit trail', () => {
  const id = '0199f2c4-0000-7000-8000-00000000000b';
  const old = '0199f2c4-0000-7000-8000-00000000000c';
  beforeAll(async () => {
    const { accessToken } = await client.newAccount(newEmail());
    await query(
      `INSERT INTO audit_event (id, type, actor_id, subject_id, address, user_agent, detail, occurred_at) VALUES
         ($1, 'test', $3, $3, '192.0.2.9', 'phone', '{"a":"b"}', now() - interval '29 days'),
         ($2, 'test', $3, $3, '192.0.2.9', 'phone', '{"a":"b"}', now() - interval '31 days')`,
      [id, old, await newId(accessToken)],
    );
  });

  it.each([
    ['to remove an IP address while the account exists', 'UPDATE audit_event SET address = NULL WHERE id = $1'],
    ['to remove a device', 'UPDATE audit_event SET user_agent = NULL WHERE id = $1'],
    ['to change an IP address', "UPDATE audit_event SET address = '192.0.2.1' WHERE id = $1"],
    ['to remove facts', "UPDATE audit_event SET detail = '{}' WHERE id = $1"],
    ['to change a type', "UPDATE audit_event SET type = 'x' WHERE id = $1"],
    ['to change a time', "UPDATE audit_event SET occurred_at = now() - interval '1 year' WHERE id = $1"],
    ['to change an actor', 'UPDATE audit_event SET actor_id = NULL WHERE id = $1'],
    ['to delete an event that is not old', 'DELETE FROM audit_event WHERE id = $1'],
    ['to delete all events', 'DELETE FROM audit_event WHERE $1::uuid IS NOT NULL'],
    [
      'a pretended erasure of an account',
      `WITH e AS (INSERT INTO erased_account (id) SELECT actor_id FROM audit_event WHERE id = $1 RETURNING id)
       UPDATE audit_event SET address = NULL, user_agent = NULL, detail = '{}' WHERE actor_id IN (SELECT id FROM e)`,
    ],
  ])('rejects %s', async (_name, statement) => {
    await expect(query(statement, [id])).rejects.toThrow('append-only');
  });

  it('rejects truncation, and other changes to events of an erased account', async () => {
    await expect(query('TRUNCATE audit_event')).rejects.toThrow('append-only');
    const { accessToken } = await client.newAccount();
    const gone = await newId(accessToken);
    await remove(accessToken);
    for (const change of [
      "type = 'x'",
      "address = '192.0.2.1'",
      "user_agent = 'x'",
      'subject_id = NULL',
      "detail = '[]'",
    ]) {
      await expect(query(`UPDATE audit_event SET ${change} WHERE actor_id = $1`, [gone])).rejects.toThrow(
        'append-only',
      );
    }
  });

  it('allows the deletion of events older than 30 days', async () => {
    await query('DELETE FROM audit_event WHERE id = $1', [old]);
    expect(await query('SELECT FROM audit_event WHERE id = $1', [old])).toEqual([]);
  });
});
