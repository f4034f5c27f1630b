import { beforeAll, describe, expect, it } from 'vitest';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { AppModule } from '../src/app.module.ts';
import { loadAuthConfig } from '../src/config.ts';
import { HousekeepingService } from '../src/housekeeping/index.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { copyDatabase, holdLimits, startTestService, testEnvironment, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string };

beforeAll(async () => {
  const mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url, LOGIN_ACCOUNT_BURST: '3' });
  client = new Client(service.url);
  admin = await newAdmin(service);
  await holdLimits(service);
});

interface Bucket {
  from: string;
  logins_succeeded: number;
  logins_failed: number;
  registrations: number;
  rate_limited: number;
  active_sessions: number;
}
const show = async (period: string, token = admin.accessToken, at = client) => {
  const { status, body } = await at.call('GET', `/auth/admin/statistics?period=${period}`, { token });
  expect(status).toBe(200);
  return body;
};
/** What has happened in all steps of a period. */
const sums = (buckets: Bucket[]) => {
  const sum = (kind: Exclude<keyof Bucket, 'from'>) => buckets.reduce((total, bucket) => total + bucket[kind], 0);
  return [sum('logins_succeeded'), sum('logins_failed'), sum('registrations'), sum('rate_limited')];
};

async function keepHouse(databaseUrl: string): Promise<void> {
  const config = loadAuthConfig(testEnvironment({ DATABASE_URL: databaseUrl }));
  const replica = await Test.createTestingModule({ imports: [AppModule.register(config)] }).compile();
  await replica.get(HousekeepingService, { strict: false }).runRound();
  await replica.close();
}

describe('statistics', () => {
  it('count logins, failures, registrations and rejected attempts, in each period alike', async () => {
    const before = sums((await show('hour')).buckets);
    const email = newEmail();
    await client.register(email);
    await client.login(email);
    for (let i = 0; i < 7; i += 1) {
      await client.login(email, 'not-the-password');
    }
    for (const period of ['hour', 'day', 'month']) {
      const after = sums((await show(period)).buckets);
      expect(after.map((count, i) => count - Number(before[i]))).toEqual([1, 3, 1, 4]);
    }
  });

  it('have 60 minutes, 24 hours or 30 days, of which the last is the present one', async () => {
    for (const [period, steps, seconds] of [
      ['hour', 60, 60],
      ['day', 24, 3600],
      ['month', 30, 86_400],
    ] as const) {
      const times = ((await show(period)).buckets as Bucket[]).map(({ from }) => Date.parse(from) / 1000);
      expect(times).toHaveLength(steps);
      expect(new Set(times.slice(1).map((time, i) => time - Number(times[i])))).toEqual(new Set([seconds]));
      expect(times.every((time) => time % seconds === 0)).toBe(true);
      expect(Date.now() / 1000 - Number(times.at(-1))).toBeLessThan(seconds + 1);
    }
  });

  it('add up what all replicas count', async () => {
    const [before] = sums((await show('hour')).buckets);
    const replica = await startTestService({ DATABASE_URL: service.databaseUrl });
    const { email } = await client.newAccount();
    for (let i = 0; i < 10; i += 1) {
      await client.login(email);
      await new Client(replica.url).login(email);
    }
    await replica.stop();
    const [after] = sums((await show('hour')).buckets);
    expect(Number(after) - Number(before)).toBe(21);
  });

  it('cost 300 rejected attempts no row each, and a rejection no statement', async () => {
    const email = newEmail();
    const size = async () =>
      (await service.database.query("SELECT FROM activity_count WHERE kind <> 'active_sessions'")).rowCount;
    const rejected = async () => sums((await show('month')).buckets)[3];
    const rejectedBefore = await rejected();
    const before = await size();
    for (let i = 0; i < 303; i += 1) {
      await client.login(email, 'not-the-password');
    }
    expect(Number(await rejected()) - Number(rejectedBefore)).toBeGreaterThanOrEqual(300);
    // at most the rows of one more minute and hour
    expect(Number(await size()) - Number(before)).toBeLessThanOrEqual(8);
  });

  it('show the present state', async () => {
    await service.database.query(`
      INSERT INTO mail (id, recipient, template, locale, variables, created_at, next_attempt_at, failed_at)
      SELECT gen_random_uuid(), 'a@example.com', 'invitation', 'en', '', now() - interval '90 s', now() + interval '1 hour',
        CASE WHEN n > 2 THEN now() END FROM generate_series(1, 5) n`);
    const { now } = await show('hour');
    expect(now).toMatchObject({ mails_waiting: { value: 2, exact: true }, mails_failed: { value: 3, exact: true } });
    expect(now.oldest_waiting_mail_seconds).toBeGreaterThanOrEqual(90);
    expect(now.signing_key_seconds).toBeGreaterThan(0);
    const { rows } = await service.database.query(
      'SELECT (SELECT count(*)::int FROM account) AS accounts, (SELECT count(*)::int FROM session) AS sessions',
    );
    expect([now.accounts, now.active_sessions]).toEqual([
      { value: rows[0].accounts, exact: true },
      { value: rows[0].sessions, exact: true },
    ]);
  });

  it('keep the highest number of active sessions of each step', async () => {
    const lone = await startTestService();
    const own = new Client(lone.url);
    const { accessToken, email } = await newAdmin(lone);
    await own.login(email);
    await keepHouse(lone.databaseUrl);
    const { rowCount: highest } = await lone.database.query('SELECT FROM session');
    await lone.database.query(
      'DELETE FROM session WHERE id <> (SELECT id FROM session ORDER BY created_at LIMIT 1 OFFSET 1)',
    );
    await keepHouse(lone.databaseUrl);
    for (const period of ['day', 'month']) {
      const { buckets } = await show(period, accessToken, own);
      expect(Math.max(...(buckets as Bucket[]).map(({ active_sessions }) => active_sessions))).toBe(highest);
    }
  });

  it('keep what a period shows, and delete what none does', async () => {
    // without a service, whose own housekeeping would delete them before, or hold the lock
    const databaseUrl = await copyDatabase();
    const database = new pg.Client(databaseUrl);
    await database.connect();
    await database.query(`
      INSERT INTO activity_count (step, bucket, kind, count)
      SELECT step, now() - age, 'login_failed', 1 FROM (VALUES ('minute', interval '59 minutes'), ('minute', '3 hours'),
        ('hour', '23 hours'), ('hour', '49 hours'), ('day', '29 days'), ('day', '33 days')) AS old (step, age)`);
    await keepHouse(databaseUrl);
    const { rows } = await database.query(
      "SELECT step FROM activity_count WHERE kind = 'login_failed' ORDER BY bucket DESC",
    );
    await database.end();
    expect(rows.map(({ step }) => step)).toEqual(['minute', 'hour', 'day']);
  });

  it.each(['period=year', 'period=', 'from=x'])('reject %s', async (query) => {
    const { body } = await client.call('GET', `/auth/admin/statistics?${query}`, { token: admin.accessToken });
    expect(body.code).toBe('validation_failed');
  });
});
