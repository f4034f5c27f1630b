import { hash } from '@node-rs/argon2';
import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { Keyring, RefreshTokens } from '../../tools/built.ts';

/** The password of every account, so that one hash serves all of them. */
export const password = 'violet-otter-hums-42-songs';

export const emailOf = (account: number): string => `user-${account}@example.com`;

export const sessionsPerAccount = 10;

/**
 * Fills an empty database with accounts numbered from 1, sessions for each account, and one login event for each session.
 */
export async function populate(database: pg.Client, accounts: number, sessions = sessionsPerAccount): Promise<void> {
  const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  // the generated rows satisfy the foreign keys, whose triggers would check each row
  await database.query("SET session_replication_role = 'replica'");
  await database.query(
    `INSERT INTO account (id, email, password_hash, roles, email_verified_at)
     SELECT uuidv7(), 'user-' || n || '@example.com', $1, '{user}', now() FROM generate_series(1, $2::int) n`,
    [passwordHash, accounts],
  );
  await database.query(
    `INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address, user_agent)
     SELECT uuidv7(), a.id, sha256(uuid_send(uuidv7())), t, t, t, t + interval '30 days', '192.0.2.1', $1
     FROM account a, generate_series(1, $2::int) n, LATERAL (SELECT now() - random() * interval '29 days' AS t) times`,
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', sessions],
  );
  await database.query(
    `INSERT INTO audit_event (id, occurred_at, type, actor_id, subject_id, address, user_agent, request_id, detail)
     SELECT uuidv7(), created_at, 'login.succeeded', account_id, account_id, address, user_agent, id::text,
       '{"amr": ["pwd"], "method": "password"}' FROM session`,
  );
  await database.query("SET session_replication_role = 'origin'");
  await database.query('VACUUM ANALYZE');
  await database.query('CHECKPOINT');
}

/**
 * Makes populated accounts differ for searches: of ten, one is disabled, another one has a second factor, and two have an unverified
 * e-mail address. All have names, and were created within 700 days.
 */
export async function diversify(database: pg.Client): Promise<void> {
  await database.query(
    `UPDATE account SET email_verified_at = CASE WHEN n % 10 < 8 THEN now() END, disabled_at = CASE WHEN n % 10 = 0 THEN now() END,
       second_factor = n % 10 = 1, created_at = now() - random() * interval '700 days', name = left(md5(n::text), 8),
       family_name = right(md5(n::text), 8)
     FROM (SELECT id, substring(email FROM '\\d+')::int AS n FROM account) numbered WHERE numbered.id = account.id`,
  );
  await database.query('VACUUM ANALYZE account');
}

/**
 * Issues refresh tokens of the service for random sessions. Uses one half of the sessions; {@link controlTokens} uses the other.
 * @throws Error if that half has too few sessions
 */
export function serviceTokens(database: pg.Client, keyEncryptionKey: Buffer, count: number): Promise<string[]> {
  const tokens = new RefreshTokens(new Keyring({ KEY_ENCRYPTION_KEYS: [keyEncryptionKey] }));
  return issueTokens(database, 0, count, (id) => tokens.issue(id));
}

/** Issues refresh tokens of the control, which are `session.secret`. */
export function controlTokens(database: pg.Client, count: number): Promise<string[]> {
  return issueTokens(database, 1, count, (id) => {
    const secret = randomBytes(32);
    return { token: `${id}.${secret.toString('base64url')}`, hash: createHash('sha256').update(secret).digest() };
  });
}

async function issueTokens(
  database: pg.Client,
  half: 0 | 1,
  count: number,
  issue: (sessionId: string) => { token: string; hash: Buffer },
): Promise<string[]> {
  // a sample of about twice as many as wanted, and never so small that chance makes it too few
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM session
     WHERE hashtext(id::text) & 1 = $2 AND expires_at > now() + interval '1 hour'
       AND random() < ($1::float8 * 4 + 100) / (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'session'::regclass)
     ORDER BY random() LIMIT $1`,
    [count, half],
  );
  if (rows.length < count) {
    throw new Error(`the database has only ${rows.length} sessions for ${count} tokens`);
  }
  const issued = rows.map(({ id }) => ({ id, ...issue(id) }));
  await database.query(
    'UPDATE session s SET token_hash = n.hash FROM unnest($1::uuid[], $2::bytea[]) AS n (id, hash) WHERE s.id = n.id',
    [issued.map(({ id }) => id), issued.map(({ hash }) => hash)],
  );
  return issued.map(({ token }) => token);
}
