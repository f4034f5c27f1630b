import { beforeEach, describe, expect, it } from 'vitest';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

/** Two replicas on one database, so that the database decides what holds. */
let replicas: [TestService, TestService];
let client: Client;

interface Admin {
  id: string;
  accessToken: string;
}

beforeEach(async () => {
  const first = await startTestService();
  replicas = [first, await startTestService({ DATABASE_URL: first.databaseUrl })];
  client = new Client(first.url);
});

const database = () => replicas[0].database;
const outcome = ({ status, body }: Answer) => [status, body?.code];
const lastAdmin = [409, 'last_admin'];
const call = (as: Admin, method: string, path: string, body?: object, replica = 0) =>
  new Client((replicas[replica] as TestService).url).call(method, `/auth/admin${path}`, {
    token: as.accessToken,
    ...(body ? { body } : {}),
  });

/** Stores a credential as its registration does, and returns its path. */
const credentials = {
  async passkey(accountId: string): Promise<string> {
    const id = randomUUID();
    await database().query(
      `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
       VALUES ($1, $2, $3, '', 0, '{}', false, 'laptop')`,
      [id, accountId, randomBytes(16)],
    );
    return `/accounts/${accountId}/passkeys/${id}`;
  },
  async identity(accountId: string): Promise<string> {
    const id = randomUUID();
    await database().query(
      `INSERT INTO external_identity (id, account_id, provider, issuer, subject)
       VALUES ($1, $2, 'alpha', 'https://alpha.example.com', $3)`,
      [id, accountId, id],
    );
    return `/accounts/${accountId}/identities/${id}`;
  },
};
type Kind = keyof typeof credentials;

/** An admin without a password, who has a session. */
const passwordless = async (): Promise<Admin> => {
  const admin = await newAdmin(replicas[0]);
  await database().query('UPDATE account SET password_hash = NULL WHERE id = $1', [admin.id]);
  return admin;
};
const demote = (as: Admin, { id }: Admin, replica = 0) =>
  call(as, 'PUT', `/accounts/${id}/roles`, { roles: ['user'] }, replica);

describe.each<Kind>(['passkey', 'identity'])('an admin who logs in by %s', (kind) => {
  it('is an active admin as one with a password is', async () => {
    const [password, other] = [await newAdmin(replicas[0]), await passwordless()];
    expect(outcome(await demote(other, password))).toEqual(lastAdmin);
    await credentials[kind](other.id);
    expect((await demote(other, password)).status).toBe(200);
    expect(outcome(await demote(other, other))).toEqual(lastAdmin);
  });

  it('keeps the last way to log in as long as nobody else is an active admin', async () => {
    const last = await passwordless();
    const path = await credentials[kind](last.id);
    expect(outcome(await call(last, 'DELETE', path))).toEqual(lastAdmin);
    if (kind === 'passkey') {
      expect(outcome(await call(last, 'DELETE', `/accounts/${last.id}/mfa`))).toEqual(lastAdmin);
    }
    await newAdmin(replicas[0]);
    expect((await call(last, 'DELETE', path)).status).toBe(204);
  });
});

it('one active admin remains of two who take each other’s last way to log in at the same time', async () => {
  const remaining: (number | null)[] = [];
  for (let round = 0; round < 6; round += 1) {
    const [a, b] = [await passwordless(), await passwordless()];
    await database().query("UPDATE account SET roles = '{user}' WHERE id <> ALL ($1)", [[a.id, b.id]]);
    const [ofA, ofB] = [await credentials.identity(a.id), await credentials.passkey(b.id)];
    const take: ((as: Admin, target: Admin, path: string, replica: number) => Promise<Answer>)[] = [
      (as, _target, path, replica) => call(as, 'DELETE', path, undefined, replica),
      (as, target, _path, replica) => demote(as, target, replica),
    ];
    const [first, second] = [take[round % 2], take[round % 3 === 0 ? 1 : 0]];
    await Promise.all([first?.(a, b, ofB, 0), second?.(b, a, ofA, 1)]);
    const { rowCount } = await database().query(
      `SELECT FROM account a WHERE 'admin' = ANY (roles)
         AND (EXISTS (SELECT FROM passkey WHERE account_id = a.id) OR EXISTS (SELECT FROM external_identity WHERE account_id = a.id))`,
    );
    remaining.push(rowCount);
  }
  expect(remaining).toEqual([1, 1, 1, 1, 1, 1]);
});

describe('without an active admin', () => {
  it('the last account with the role keeps it, and is neither disabled nor deleted', async () => {
    const last = await passwordless();
    expect(outcome(await demote(last, last))).toEqual(lastAdmin);
    expect(outcome(await call(last, 'POST', `/accounts/${last.id}/disable`))).toEqual(lastAdmin);
    expect(outcome(await call(last, 'DELETE', `/accounts/${last.id}`))).toEqual(lastAdmin);
    const own = await client.call('DELETE', '/auth/me', { token: last.accessToken, body: {} });
    expect(outcome(own)).toEqual(lastAdmin);
    const other = await passwordless();
    expect((await demote(last, last)).status).toBe(200);
    expect(outcome(await demote(other, other))).toEqual(lastAdmin);
  });

  it.each(['demote', 'delete'])(
    'one account keeps the role of two that %s themselves at the same time',
    async (act) => {
      const remaining: (number | null)[] = [];
      for (let round = 0; round < 5; round += 1) {
        await database().query("UPDATE account SET roles = '{user}'");
        const both = [await passwordless(), await passwordless()];
        const end = (admin: Admin, replica: number) =>
          act === 'demote'
            ? demote(admin, admin, replica)
            : new Client((replicas[replica] as TestService).url).call('DELETE', '/auth/me', {
                token: admin.accessToken,
                body: {},
              });
        const answers = await Promise.all(both.map(end));
        expect(answers.map(({ status }) => status).sort()).toEqual([act === 'demote' ? 200 : 204, 409]);
        const { rowCount } = await database().query("SELECT FROM account WHERE 'admin' = ANY (roles)");
        remaining.push(rowCount);
      }
      expect(remaining).toEqual([1, 1, 1, 1, 1]);
    },
  );
});

it('an admin whose e-mail address is not verified is no active admin where logins need that', async () => {
  const [verified, other] = [await newAdmin(replicas[0]), await newAdmin(replicas[0])];
  const mark = (id: string, at: string | null) =>
    database().query('UPDATE account SET email_verified_at = $2 WHERE id = $1', [id, at]);
  await mark(verified.id, '2026-01-01T00:00:00Z');
  await mark(other.id, null);
  const strict = await startTestService({ DATABASE_URL: replicas[0].databaseUrl, REQUIRE_VERIFIED_EMAIL: 'true' });
  const post = (method: string, path: string, body?: object) =>
    new Client(strict.url).call(method, path, { token: verified.accessToken, ...(body ? { body } : {}) });
  const path = `/auth/admin/accounts/${verified.id}`;
  expect(outcome(await post('PUT', `${path}/roles`, { roles: ['user'] }))).toEqual(lastAdmin);
  expect(outcome(await post('DELETE', '/auth/me', { password: strongPassword }))).toEqual(lastAdmin);
  await mark(other.id, '2026-01-01T00:00:00Z');
  expect((await post('PUT', `${path}/roles`, { roles: ['user'] })).status).toBe(200);
});

it('an account knows whether it has a passkey or an identity, also after 40 concurrent changes', async () => {
  const { id } = (await client.register(newEmail())).body;
  const known = async () => {
    const { rows } = await database().query('SELECT other_credential AS known FROM account WHERE id = $1', [id]);
    return rows[0].known;
  };
  const add = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => credentials[i % 2 ? 'passkey' : 'identity'](id)));
  expect(await known()).toBe(false);
  const added = await add(20);
  expect(await known()).toBe(true);
  const remove = (path: string) =>
    database().query(`DELETE FROM ${path.includes('passkeys') ? 'passkey' : 'external_identity'} WHERE id = $1`, [
      path.split('/').at(-1),
    ]);
  await Promise.all([...added.map(remove), add(1)]);
  expect(await known()).toBe(true);
  await database().query('DELETE FROM external_identity');
  expect(await known()).toBe(false);
});

it('a new admin needs a verified e-mail address, which an admin who makes the account vouches for', async () => {
  const admin = await newAdmin(replicas[0]);
  const make = (body: object) =>
    call(admin, 'POST', '/accounts', { email: newEmail(), password: strongPassword, ...body });
  const colleague = await make({ roles: ['user', 'admin'] });
  expect([colleague.status, colleague.body.email_verified_at]).toEqual([201, expect.any(String)]);
  const refused = await make({ roles: ['admin'], email_verified: false });
  expect(outcome(refused)).toEqual([409, 'admin_email_unverified']);
  const [verified, user] = [await make({ email_verified: true }), await make({})];
  expect([verified.body.email_verified_at, user.body.email_verified_at]).toEqual([expect.any(String), null]);
  const grant = (id: string) => call(admin, 'PUT', `/accounts/${id}/roles`, { roles: ['admin'] });
  expect(outcome(await grant(user.body.id))).toEqual([409, 'admin_email_unverified']);
  expect((await grant(verified.body.id)).status).toBe(200);
  await database().query('UPDATE account SET email_verified_at = NULL WHERE id = $1', [verified.body.id]);
  expect((await grant(verified.body.id)).status).toBe(200);
});
