import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newEmail, noProfile } from './support/client.ts';
import { meet } from './support/locks.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  await holdLimits(service);
  client = new Client(service.url);
});

describe('POST /auth/register', () => {
  it('creates an account with the role user', async () => {
    const email = newEmail();
    const { status, body } = await client.register(email);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email,
      email_verified: false,
      roles: ['user'],
      created_at: expect.any(String),
      password_changed_at: expect.any(String),
      ...noProfile,
    });
  });

  it('rejects an e-mail address that differs from an existing one only in case', async () => {
    const email = newEmail();
    await client.register(email);
    const { status, body } = await client.register(email.toUpperCase());
    expect([status, body.code]).toEqual([409, 'email_taken']);
  });

  it.each(['password', 'aaaaaaaaaaaaaaaa', 'qwertyuiop', 'Summer2026!'])(
    'rejects the weak password %s',
    async (password) => {
      const { status, body } = await client.register(newEmail(), password);
      expect([status, body.code]).toEqual([422, 'password_too_weak']);
      expect(body.detail).not.toBe('');
    },
  );

  it('rejects a password that contains the e-mail address', async () => {
    const { status } = await client.register('zebulonq@example.com', 'zebulonq@example.com');
    expect(status).toBe(422);
  });

  it('stores argon2id hashes, with a different salt for the same password', async () => {
    const emails = [newEmail(), newEmail()];
    await Promise.all(emails.map((email) => client.register(email)));
    const { rows } = await service.database.query('SELECT password_hash FROM account WHERE email = ANY($1)', [emails]);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    expect(rows[0].password_hash).not.toBe(rows[1].password_hash);
  });

  it('limits registrations per IP address', async () => {
    const strict = await startTestService({ REGISTER_ADDRESS_BURST: '3' });
    await holdLimits(strict);
    const strictClient = new Client(strict.url);
    const answers = [];
    for (let i = 0; i < 4; i += 1) {
      answers.push(await strictClient.register(newEmail()));
    }
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('GET /auth/me', () => {
  it('shows the account to its owner', async () => {
    const { email, accessToken } = await client.newAccount();
    const { status, body, headers } = await client.me(accessToken);
    expect([status, body.email]).toEqual([200, email]);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('PUT /auth/me/password', () => {
  const next = 'amber-heron-reads-97-maps';
  const change = (token: string, current_password: string, new_password: string) =>
    client.call('PUT', '/auth/me/password', { token, body: { current_password, new_password } });

  it('changes the password and ends only the other sessions', async () => {
    const { email, accessToken } = await client.newAccount();
    const other = await client.newSession(email);
    expect((await change(accessToken, strongPassword, next)).status).toBe(204);
    expect((await client.me(accessToken)).status).toBe(200);
    expect((await client.me(other.accessToken)).status).toBe(401);
    expect((await client.refresh(other.refreshToken)).status).toBe(401);
    expect((await client.login(email)).status).toBe(401);
    expect((await client.login(email, next)).status).toBe(200);
  });

  it('accepts the same password in another Unicode form', async () => {
    const email = newEmail();
    await client.register(email, 'Ångström-façade-71-ﬁne');
    expect((await client.login(email, 'A\u030Angstro\u0308m-fac\u0327ade-71-fine')).status).toBe(200);
  });

  it('rejects a wrong current password, and limits guessing', async () => {
    const { accessToken } = await client.newAccount();
    const answers = await Promise.all(Array.from({ length: 12 }, () => change(accessToken, 'not-the-password', next)));
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((code) => code === 'password_incorrect')).toHaveLength(5);
    expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(7);
  });

  it('rejects a weak new password and keeps the old one', async () => {
    const { email, accessToken } = await client.newAccount();
    expect((await change(accessToken, strongPassword, 'password1')).body.code).toBe('password_too_weak');
    expect((await client.login(email)).status).toBe(200);
  });

  it('applies only one of two concurrent password changes', async () => {
    const { email, accessToken } = await client.newAccount();
    const passwords = [next, 'silver-badger-paints-55-doors'];
    const answers = await Promise.all(passwords.map((password) => change(accessToken, strongPassword, password)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
    const winner = passwords[answers.findIndex(({ status }) => status === 204)];
    expect((await client.login(email, winner)).status).toBe(200);
  });

  it('starts no session for logins with the old password during the change', async () => {
    const { email } = await client.newAccount();
    const change = `WITH changed AS (
      UPDATE account SET password_hash = 'another', password_changed_at = now() WHERE email = $1 RETURNING id)
      DELETE FROM session USING changed WHERE account_id = changed.id`;
    const logins = Array.from({ length: 4 }, () => () => client.login(email));
    const answers = await meet(service, (transaction) => transaction.query(change, [email]), logins);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(4).fill([401, 'sign_in_refused']));
    const sessions = 'SELECT FROM session s JOIN account a ON a.id = account_id WHERE email = $1';
    expect((await service.database.query(sessions, [email])).rowCount).toBe(0);
  });
});

describe('DELETE /auth/me', () => {
  it('deletes the account and its sessions, and keeps the audit trail', async () => {
    const { email, accessToken, refreshToken } = await client.newAccount();
    const { body: account } = await client.me(accessToken);
    const { status } = await client.call('DELETE', '/auth/me', {
      token: accessToken,
      body: { password: strongPassword },
    });
    expect(status).toBe(204);
    expect((await client.me(accessToken)).body.code).toBe('token_invalid');
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.login(email)).body.code).toBe('credentials_invalid');
    const { rows } = await service.database.query(
      'SELECT type, actor_id FROM audit_event WHERE subject_id = $1 ORDER BY occurred_at',
      [account.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(['account.registered', 'login.succeeded', 'account.deleted']);
    expect(rows.every(({ actor_id }) => actor_id === account.id)).toBe(true);
  });

  it('rejects a wrong password', async () => {
    const { accessToken } = await client.newAccount();
    const answer = await client.call('DELETE', '/auth/me', {
      token: accessToken,
      body: { password: 'not-the-password' },
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'password_incorrect']);
    expect((await client.me(accessToken)).status).toBe(200);
  });
});

it('never changes or deletes audit events', async () => {
  for (const statement of ["UPDATE audit_event SET type = 'x'", 'DELETE FROM audit_event', 'TRUNCATE audit_event']) {
    await expect(service.database.query(statement)).rejects.toThrow('append-only');
  }
});
