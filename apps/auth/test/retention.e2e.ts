import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Test, type TestingModule } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { register } from 'prom-client';
import { AppModule } from '../src/app.module.ts';
import { AuditRepository } from '../src/audit/index.ts';
import { loadAuthConfig } from '../src/config.ts';
import { HousekeepingService } from '../src/housekeeping/index.ts';
import { retentionLock } from '../src/housekeeping/retention-lock.repository.ts';
import { loginKeys } from '../src/rate-limits/index.ts';
import { Client, newEmail } from './support/client.ts';
import { addApplication } from './support/relying-party.ts';
import { holdLimits, startTestService, testEnvironment } from './support/service.ts';

/** Two replicas that run housekeeping only when they are told to. */
let replicas: TestingModule[];
let databaseUrl: string;
let database: pg.Pool;
let accountId: string;
let grantId: string;

beforeAll(async () => {
  const service = await startTestService();
  ({ databaseUrl } = service);
  database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const client = new Client(service.url);
  const { accessToken } = await client.newAccount();
  accountId = (await client.me(accessToken)).body.id;
  const applicationId = await addApplication(service, { client_id: 'notes' });
  const [grant] = await query(
    `INSERT INTO openid_grant (id, session_id, application_id, account_id)
     SELECT gen_random_uuid(), id, $1, account_id FROM session RETURNING id`,
    [applicationId],
  );
  grantId = grant.id;
  await addOpenId(1, '1 hour');
  // its own housekeeping, twice a minute, would delete what the tests count
  await service.stop();
  const environment = testEnvironment({ DATABASE_URL: databaseUrl, AUDIT_RETENTION_DAYS: '40' });
  const start = () =>
    Test.createTestingModule({ imports: [AppModule.register(loadAuthConfig(environment))] }).compile();
  replicas = [await start(), await start()];
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await database.end();
});

const query = async (statement: string, parameters: unknown[] = []) =>
  (await database.query(statement, parameters)).rows;
const runAtOnce = () =>
  Promise.all(replicas.map((replica) => replica.get(HousekeepingService, { strict: false }).runRound()));

const addOpenId = async (count: number, expiresIn: string) => {
  await query(
    `INSERT INTO openid_refresh_token (id, grant_id, token_hash, payload, expires_at)
     SELECT gen_random_uuid(), $1, '', '{}', now() + $3::interval FROM generate_series(1, $2)`,
    [grantId, count, expiresIn],
  );
  await query(
    `INSERT INTO openid_artifact (id_hash, payload, expires_at)
     SELECT sha256(($2 || n)::bytea), '', now() + $2::interval FROM generate_series(1, $1) n`,
    [count, expiresIn],
  );
};
const addOld = async (count: number) => {
  await query(
    `INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address)
     SELECT gen_random_uuid(), $1, '', now(), now(), now(), now() - interval '1 s', '192.0.2.1' FROM generate_series(1, $2)`,
    [accountId, count],
  );
  await query(
    `INSERT INTO one_time_token (hash, purpose, account_id, detail, expires_at)
     SELECT sha256(n::text::bytea), 'magic_link', $1, '{}', now() - interval '1 s' FROM generate_series(1, $2) n`,
    [accountId, count],
  );
  await query(
    `INSERT INTO audit_event (id, type, subject_id, occurred_at)
     SELECT gen_random_uuid(), 'old', $1, now() - make_interval(days => 41) FROM generate_series(1, $2)`,
    [accountId, count],
  );
  await query(
    `INSERT INTO mail (id, recipient, template, locale, variables, created_at, failed_at)
     SELECT gen_random_uuid(), 'x@example.com', 'x', 'en', '', now() - interval '31 days', now() FROM generate_series(1, $1)`,
    [count],
  );
  await query(
    `INSERT INTO import_job (id, source, updated_at)
     SELECT gen_random_uuid(), sha256(n::text::bytea), now() - interval '31 days' FROM generate_series(1, $1) n`,
    [count],
  );
  await addOpenId(count, '-1 s');
};
const left = async () => {
  const [row] = await query(`
    SELECT (SELECT count(*) FROM session WHERE expires_at <= now())::int AS sessions,
           (SELECT count(*) FROM one_time_token WHERE expires_at <= now())::int AS tokens,
           (SELECT count(*) FROM audit_event WHERE type = 'old')::int AS events,
           (SELECT count(*) FROM mail WHERE created_at < now() - interval '1 day')::int AS mails,
           (SELECT count(*) FROM openid_artifact WHERE expires_at <= now())::int AS artifacts,
           (SELECT count(*) FROM openid_refresh_token WHERE expires_at <= now())::int AS refreshes,
           (SELECT count(*) FROM import_job)::int AS jobs`);
  return row;
};
const deletions = async () => {
  const metric = await register.getSingleMetric('auth_retention_deletions_total')?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['kind'], value]));
};

beforeEach(() => addOld(5000));

it('deletes only expired rows, in small batches, on one of two replicas at a time', async () => {
  // the diary records each deletion: its transaction, start, end and number of rows
  await query(`
    CREATE TABLE diary (transaction xid8, began timestamptz, ended timestamptz, deleted int);
    CREATE FUNCTION note_begin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO diary VALUES (pg_current_xact_id(), clock_timestamp()); PERFORM pg_sleep(0.01); RETURN NULL; END $$;
    CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE diary SET ended = clock_timestamp(), deleted = (SELECT count(*) FROM gone)
      WHERE transaction = pg_current_xact_id(); RETURN NULL; END $$;
    CREATE TRIGGER note_begin BEFORE DELETE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION note_begin();
    CREATE TRIGGER note_end AFTER DELETE ON audit_event REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION note_end()`);
  const before = await deletions();
  const [events] = await query("SELECT count(*)::int FROM audit_event WHERE type <> 'old'");
  await runAtOnce();
  expect(await left()).toEqual({ sessions: 0, tokens: 0, events: 0, mails: 0, artifacts: 0, refreshes: 0, jobs: 0 });
  expect(await query("SELECT count(*)::int FROM audit_event WHERE type <> 'old'")).toEqual([events]);
  expect(await query('SELECT count(*)::int AS sessions FROM session')).toEqual([{ sessions: 1 }]);
  expect(
    await query(`SELECT (SELECT count(*) FROM openid_artifact)::int AS artifacts,
                        (SELECT count(*) FROM openid_refresh_token)::int AS refreshes`),
  ).toEqual([{ artifacts: 1, refreshes: 1 }]);

  const [diary] = await query('SELECT sum(deleted)::int AS total, max(deleted) AS largest FROM diary');
  expect(diary).toEqual({ total: 5000, largest: 2000 });
  const overlaps = await query(
    'SELECT FROM diary a JOIN diary b ON a.transaction < b.transaction AND a.began < b.ended AND b.began < a.ended',
  );
  expect(overlaps).toEqual([]);
  const after = await deletions();
  for (const kind of [
    ...['audit_events', 'import_jobs', 'mails', 'one_time_tokens', 'sessions'],
    ...['openid_artifacts', 'openid_refresh_tokens'],
  ]) {
    expect([kind, (after[kind] ?? 0) - (before[kind] ?? 0)]).toEqual([kind, 5000]);
  }
  await query('DROP TABLE diary; DROP FUNCTION note_begin, note_end CASCADE');
});

it('keeps limits that still block or count, younger events and mails that wait', async () => {
  const service = await startTestService({ DATABASE_URL: databaseUrl });
  await holdLimits(service);
  let client = new Client(service.url);
  const [blocked, counting, forgotten] = [newEmail(), newEmail(), newEmail()];
  const fail = async (email: string) => (await client.login(email, 'a wrong but long password')).status;
  for (const email of [
    blocked,
    counting,
    forgotten,
    blocked,
    counting,
    blocked,
    counting,
    blocked,
    counting,
    blocked,
  ]) {
    expect(await fail(email)).toBe(401);
  }
  const age = (email: string, minutes: number) =>
    query('UPDATE attempt SET updated_at = now() - make_interval(mins => $2) WHERE key = $1', [
      loginKeys.account(email),
      minutes,
    ]);
  await age(blocked, 120);
  await age(counting, 58);
  await age(forgotten, 61);
  await query(
    "INSERT INTO audit_event (id, type, occurred_at) VALUES (gen_random_uuid(), 'young', now() - interval '39 days')",
  );
  await query(
    `INSERT INTO mail (id, recipient, template, locale, variables, created_at, next_attempt_at)
     VALUES (gen_random_uuid(), 'waiting@example.com', 'x', 'en', '', now() - interval '29 days', now() + interval '1 day')`,
  );
  // its own housekeeping would hold the lock
  await service.stop();
  await runAtOnce();
  const again = await startTestService({ DATABASE_URL: databaseUrl });
  client = new Client(again.url);
  expect([await fail(blocked), await fail(counting), await fail(counting)]).toEqual([429, 401, 429]);
  const [kept] = await query(
    `SELECT (SELECT count(*) FROM attempt WHERE key = $1)::int AS forgotten,
            (SELECT count(*) FROM audit_event WHERE type = 'young')::int AS events,
            (SELECT count(*) FROM mail WHERE recipient = 'waiting@example.com')::int AS mails`,
    [loginKeys.account(forgotten)],
  );
  expect(kept).toEqual({ forgotten: 0, events: 1, mails: 1 });
  await query("DELETE FROM mail WHERE recipient = 'waiting@example.com'");
  await again.stop();
});

it('deletes nothing while another replica holds the lock', async () => {
  const holder = await database.connect();
  await holder.query('SELECT pg_advisory_lock($1)', [retentionLock]);
  await runAtOnce();
  expect(await left()).toMatchObject({ sessions: 5000, tokens: 5000, events: 5000, mails: 5000 });
  await holder.query('SELECT pg_advisory_unlock($1)', [retentionLock]);
  holder.release();
  await runAtOnce();
  expect(await left()).toMatchObject({ sessions: 0, tokens: 0, events: 0, mails: 0 });
});

it('finds expired events by an index, however long the audit trail is', async () => {
  await query(
    `INSERT INTO audit_event (id, type, actor_id)
     SELECT gen_random_uuid(), 'young', $1 FROM generate_series(1, 20000)`,
    [randomUUID()],
  );
  await query('ANALYZE audit_event');
  const plan: string[] = [];
  const explaining = {
    async query(statement: string, parameters?: unknown[]) {
      plan.push(...(await query(`EXPLAIN ${statement}`, parameters)).map((line) => line['QUERY PLAN']));
      return [[], 0] as never;
    },
  };
  await new AuditRepository({ AUDIT_RETENTION_DAYS: 40 }).purgeEvents(explaining, 1000);
  const text = plan.join('\n');
  expect(text).toContain('using audit_event_order_idx');
  expect(text).not.toContain('Seq Scan');
});
