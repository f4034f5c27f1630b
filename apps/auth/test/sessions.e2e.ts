import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from './support/client.ts';
import { keyEncryptionKey, startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

/** Moves the latest rotation of each session into the past, as if the time had passed. */
const passTime = (seconds: number) =>
  service.database.query('UPDATE session SET rotated_at = rotated_at - make_interval(secs => $1)', [seconds]);

const events = async (type: string) => {
  const { rows } = await service.database.query('SELECT * FROM audit_event WHERE type = $1 ORDER BY occurred_at', [
    type,
  ]);
  return rows;
};

describe('POST /auth/refresh', () => {
  it('returns new tokens; only the hash of the refresh token is stored', async () => {
    const { refreshToken } = await client.newAccount();
    const { status, body } = await client.refresh(refreshToken);
    expect(status).toBe(200);
    expect((await client.me(body.access_token)).status).toBe(200);
    const { rows } = await service.database.query('SELECT s::text AS row FROM session s');
    const secret = Buffer.from(refreshToken.slice(3), 'base64url').toString('hex');
    expect(rows.some(({ row }) => [secret, refreshToken].some((text) => row.includes(text)))).toBe(false);
  });

  it('returns the same successor for a second use within 60 seconds', async () => {
    const { refreshToken } = await client.newAccount();
    const first = await client.refresh(refreshToken);
    await passTime(58);
    const second = await client.refresh(refreshToken);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).toBe(first.body.refresh_token);
  });

  it('ends the whole session at a later second use, and audits it', async () => {
    const { refreshToken, accessToken } = await client.newAccount();
    const { body: next } = await client.refresh(refreshToken);
    await passTime(61);
    const reused = await client.refresh(refreshToken);
    expect([reused.status, reused.body.code]).toEqual([401, 'refresh_token_invalid']);
    expect((await client.refresh(next.refresh_token)).status).toBe(401);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await events('session.refresh_reused')).at(-1)).toMatchObject({
      actor_id: null,
      address: '127.0.0.1',
      detail: { session_id: expect.any(String) },
    });
  });

  it('ends the session at once if the successor has been used', async () => {
    const { refreshToken } = await client.newAccount();
    const { body: next } = await client.refresh(refreshToken);
    const { body: latest } = await client.refresh(next.refresh_token);
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.refresh(latest.refresh_token)).status).toBe(401);
  });

  it('ends the session at a use of any older token', async () => {
    const { refreshToken } = await client.newAccount();
    let latest = refreshToken;
    for (let i = 0; i < 3; i += 1) {
      latest = (await client.refresh(latest)).body.refresh_token;
      await passTime(61);
    }
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.refresh(latest)).status).toBe(401);
  });

  it('rejects forged tokens without ending the session that they name', async () => {
    const { refreshToken, accessToken } = await client.newAccount();
    const bytes = Buffer.from(refreshToken.slice(3), 'base64url');
    for (const position of [0, 20, 63]) {
      const forged = Buffer.from(bytes);
      forged[position] = (forged[position] ?? 0) ^ 1;
      expect((await client.refresh(`rt_${forged.toString('base64url')}`)).status).toBe(401);
    }
    expect((await client.refresh('rt_')).status).toBe(401);
    expect((await client.me(accessToken)).status).toBe(200);
  });

  it('fails once the session has expired', async () => {
    const { refreshToken, accessToken } = await client.newAccount();
    await service.database.query('UPDATE session SET expires_at = now()');
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.me(accessToken)).status).toBe(401);
  });

  it('never extends a session beyond its maximum lifetime', async () => {
    const { refreshToken } = await client.newAccount();
    await service.database.query("UPDATE session SET created_at = now() - interval '89 days'");
    const { body } = await client.refresh(refreshToken);
    const days = (Date.parse(body.refresh_expires_at) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(1);
  });

  it('keeps working when the key-encryption key changes, also for a repeated use across the change', async () => {
    const { refreshToken } = await client.newAccount();
    const { body: before } = await client.refresh(refreshToken);
    const changed = await startTestService({
      DATABASE_URL: service.databaseUrl,
      KEY_ENCRYPTION_KEYS: `${Buffer.alloc(32, 9).toString('base64')},${keyEncryptionKey}`,
    });
    const changedClient = new Client(changed.url);
    expect((await changedClient.refresh(refreshToken)).body.refresh_token).toBe(before.refresh_token);
    const { body: after } = await changedClient.refresh(before.refresh_token);
    expect((await changedClient.refresh(after.refresh_token)).status).toBe(200);
  });

  it('returns the current roles', async () => {
    const { email, refreshToken } = await client.newAccount();
    await service.database.query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [email]);
    const { body } = await client.refresh(refreshToken);
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    expect(claims.roles).toEqual(['user', 'admin']);
  });
});

describe('sessions', () => {
  it('are listed, most recently used first', async () => {
    const { email, accessToken } = await client.newAccount();
    await client.call('POST', '/auth/login', {
      body: { email, password: 'violet-otter-hums-42-songs' },
      headers: { 'user-agent': `phone ${'x'.repeat(500)}` },
    });
    const { status, body } = await client.call('GET', '/auth/sessions', { token: accessToken });
    expect(status).toBe(200);
    expect(body.sessions).toHaveLength(2);
    expect(body.sessions[0]).toMatchObject({ address: '127.0.0.1', current: false });
    expect(body.sessions[0].user_agent).toHaveLength(256);
    expect(body.sessions[1]).toMatchObject({ user_agent: 'node', current: true });
  });

  it('are revoked one by one, with their tokens', async () => {
    const { email, accessToken } = await client.newAccount();
    const other = await client.newSession(email);
    const { body } = await client.call('GET', '/auth/sessions', { token: accessToken });
    const { id } = body.sessions.find(({ current }: { current: boolean }) => !current);
    const revoke = () => client.call('DELETE', `/auth/sessions/${id}`, { token: accessToken });
    expect((await revoke()).status).toBe(204);
    expect((await client.me(other.accessToken)).status).toBe(401);
    expect((await client.refresh(other.refreshToken)).status).toBe(401);
    expect((await client.me(accessToken)).status).toBe(200);
    const again = await revoke();
    expect([again.status, again.body.code]).toEqual([404, 'session_not_found']);
  });

  it('cannot revoke another account’s session', async () => {
    const [victim, attacker] = await Promise.all([client.newAccount(), client.newAccount()]);
    const { body } = await client.call('GET', '/auth/sessions', { token: victim.accessToken });
    const answer = await client.call('DELETE', `/auth/sessions/${body.sessions[0].id}`, {
      token: attacker.accessToken,
    });
    expect(answer.status).toBe(404);
    expect((await client.me(victim.accessToken)).status).toBe(200);
  });

  it('are 100 per account at most; the least recently used one ends', async () => {
    const { email, accessToken } = await client.newAccount();
    await service.database.query(
      `INSERT INTO session SELECT gen_random_uuid(), account_id, token_hash, NULL, rotated_at, created_at,
         last_used_at + interval '1 s', expires_at, address, user_agent
       FROM session, generate_series(1, 99) WHERE account_id = (SELECT id FROM account WHERE email = $1)`,
      [email],
    );
    expect((await client.me(accessToken)).status).toBe(200);
    await client.newSession(email);
    expect((await client.me(accessToken)).status).toBe(401);
  });
});

describe('POST /auth/logout', () => {
  it('ends only the current session', async () => {
    const { email, accessToken, refreshToken } = await client.newAccount();
    const other = await client.newSession(email);
    expect((await client.call('POST', '/auth/logout', { token: accessToken })).status).toBe(204);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.me(other.accessToken)).status).toBe(200);
    expect((await events('session.revoked')).at(-1)).toMatchObject({ actor_id: expect.any(String) });
  });

  it('ends all sessions at /auth/logout-all', async () => {
    const { email, accessToken } = await client.newAccount();
    const other = await client.newSession(email);
    expect((await client.call('POST', '/auth/logout-all', { token: accessToken })).status).toBe(204);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.me(other.accessToken)).status).toBe(401);
  });
});
