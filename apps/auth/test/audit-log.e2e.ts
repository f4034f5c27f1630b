import { beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client, newAdmin } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  admin = await newAdmin(service);
});

interface Event {
  id: string;
  type: string;
  occurred_at: string;
}

const search = async (query: Record<string, string>) =>
  client.call('GET', `/auth/admin/audit?${new URLSearchParams(query).toString()}`, { token: admin.accessToken });
const download = (query: string) =>
  fetch(`${service.url}/auth/admin/audit/export?${query}`, {
    headers: { authorization: `Bearer ${admin.accessToken}` },
  });
const newUser = async () => {
  const user = await client.newAccount();
  return { ...user, id: (await client.me(user.accessToken)).body.id as string };
};
const types = (events: Event[]) => events.map(({ type }) => type);

describe('GET /auth/admin/audit', () => {
  it('finds events by type, actor, subject and time', async () => {
    const user = await newUser();
    const between = new Date().toISOString();
    await client.login(user.email, 'not-the-password');
    await client.call('POST', '/auth/logout', { token: user.accessToken });
    const found = async (query: Record<string, string>) => types((await search(query)).body.events);
    const all = ['session.revoked', 'login.failed', 'login.succeeded', 'account.registered'];
    expect(await found({ subject_id: user.id })).toEqual(all);
    expect(await found({ actor_id: user.id })).toEqual(all.filter((type) => type !== 'login.failed'));
    expect(await found({ subject_id: user.id, from: between })).toEqual(all.slice(0, 2));
    expect(await found({ subject_id: user.id, until: between })).toEqual(all.slice(2));
    expect(await found({ subject_id: user.id, type: 'login.failed' })).toEqual(['login.failed']);
    expect(await found({ subject_id: user.id, from: '2026-01-01T23:59:59.123456+23:59' })).toEqual(all);
    const { body } = await search({ type: 'audit.read', actor_id: admin.id, limit: '1' });
    expect(body.events[0]).toMatchObject({ actor_id: admin.id, address: '127.0.0.1', detail: { type: 'audit.read' } });
  });

  it('pages through simultaneous events while new ones are added, each exactly once', async () => {
    await service.database.query(`
      INSERT INTO audit_event (id, type, occurred_at)
      SELECT gen_random_uuid(), 'page.test', '2026-01-01T00:00:00.000123Z'::timestamptz + (n / 5) * interval '1 microsecond'
      FROM generate_series(1, 23) n`);
    const events: Event[] = [];
    for (let after: string | undefined, more = true; more;) {
      const { body } = await search({ type: 'page.test', limit: '4', ...(after ? { after } : {}) });
      events.push(...body.events);
      after = body.next;
      more = body.next !== null;
      await service.database.query("INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'page.test')");
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(23);
    expect(events).toHaveLength(23);
  });

  it('finds what an account did and what happened to it, page by page, also by several types', async () => {
    const user = await newUser();
    await client.login(user.email, 'not-the-password');
    await client.call('POST', `/auth/admin/accounts/${user.id}/disable`, { token: admin.accessToken });
    await client.call('GET', `/auth/admin/accounts/${admin.id}`, { token: admin.accessToken });
    await service.database.query('INSERT INTO audit_event (id, type, actor_id, subject_id) VALUES ($1, $2, $3, $4)', [
      '0199f2c4-8d02-7f4b-b1a6-5e3c9d7f2a40',
      'account.read',
      user.id,
      admin.id,
    ]);
    const all: Event[] = [];
    for (let after: string | undefined, more = true; more;) {
      const { body } = await search({ account_id: user.id, limit: '2', ...(after ? { after } : {}) });
      all.push(...body.events);
      after = body.next;
      more = body.next !== null;
    }
    expect(types(all)).toEqual([
      'account.read',
      'account.disabled',
      'session.revoked',
      'login.failed',
      'login.succeeded',
      'account.registered',
    ]);
    const found = async (query: Record<string, string>) => types((await search(query)).body.events);
    expect(await found({ account_id: user.id, type: 'login.failed,account.disabled' })).toEqual([
      'account.disabled',
      'login.failed',
    ]);
    expect(
      await found({ subject_id: user.id, type: 'account.registered,account.disabled,account.read', limit: '2' }),
    ).toEqual(['account.disabled', 'account.registered']);
    expect((await (await download(`account_id=${user.id}`)).text()).trimEnd().split('\n')).toHaveLength(6);
  });

  it('follows the trail from an event on, and is recorded once in five minutes', async () => {
    const user = await newUser();
    const [latest] = (await search({ subject_id: user.id, limit: '1' })).body.events as Event[];
    const follow = (query: Record<string, string>) => search({ since: String(latest?.id), ...query });
    expect((await follow({ subject_id: user.id })).body).toEqual({ events: [], next: null });
    for (let i = 0; i < 3; i += 1) {
      await client.login(user.email, 'not-the-password');
    }
    const first = await follow({ subject_id: user.id, limit: '2' });
    expect(types(first.body.events)).toEqual(['login.failed', 'login.failed']);
    expect(first.body.next).toBe(first.body.events[1].id);
    const second = await search({ since: first.body.next, subject_id: user.id });
    expect(types(second.body.events)).toEqual(['login.failed']);
    const times = [...first.body.events, ...second.body.events].map(({ occurred_at }: Event) => occurred_at);
    expect(times).toEqual(times.toSorted());
    const { rows } = await service.database.query(
      "SELECT detail FROM audit_event WHERE actor_id = $1 AND type = 'audit.read' AND detail ? 'following'",
      [admin.id],
    );
    expect(rows).toEqual([{ detail: { subject_id: user.id, following: true, since: latest?.id } }]);
  });

  it('is recorded with each filter, and with each event to follow that is no longer new', async () => {
    const [one, other] = [await newUser(), await newUser()];
    const [latest] = (await search({ subject_id: one.id, limit: '1' })).body.events as Event[];
    const old = randomUUID();
    await service.database.query(
      "INSERT INTO audit_event (id, occurred_at, type, detail) VALUES ($1, now() - interval '1 hour', 'key.rotated', '{}')",
      [old],
    );
    for (const query of [
      { since: String(latest?.id), subject_id: one.id },
      { since: String(latest?.id), subject_id: other.id },
      { since: old, subject_id: one.id },
      { since: randomUUID(), subject_id: one.id },
    ]) {
      await search(query);
      await search(query);
    }
    const { rows } = await service.database.query<{ count: number }>(
      "SELECT count(*)::int FROM audit_event WHERE type = 'audit.read' AND detail ? 'following' AND detail->>'subject_id' = ANY ($1)",
      [[one.id, other.id]],
    );
    expect(rows[0]?.count).toBe(4);
  });

  it.each([
    'type=login.failed,DROP',
    'type=login.failed,',
    `type=${'login.failed,'.repeat(10)}login.failed`,
    'account_id=me',
    'since=0',
    'since=0199f2c4-8d02-7f4b-b1a6-5e3c9d7f2a40&after=0199f2c4-8d02-7f4b-b1a6-5e3c9d7f2a40',
    'type=DROP',
    'actor_id=me',
    'from=yesterday',
    'from=0000-01-01T00:00:00Z',
    'until=9999-12-31T23:59:59-01:00',
    'until=2026-02-30T00:00:00Z',
    'limit=1000',
    'after=0',
    'format=csv',
    'detail=x',
  ])('rejects %s', async (query) => {
    const { status } = await client.call('GET', `/auth/admin/audit?${query}`, { token: admin.accessToken });
    expect(status).toBe(400);
  });
});

describe('GET /auth/admin/audit/export', () => {
  it('exports the same events as NDJSON and CSV, is audited, and neutralises formulas', async () => {
    const user = await newUser();
    await fetch(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': '=HYPERLINK("http://x","a,b")' },
      body: JSON.stringify({ email: user.email, password: 'not-the-password' }),
    });
    const query = `subject_id=${user.id}`;
    const ndjson = await download(query);
    expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson');
    const events = (await ndjson.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(events).toEqual((await search({ subject_id: user.id })).body.events);

    const csv = await download(`${query}&format=csv`);
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    const records = (await csv.text()).trimEnd().split('\r\n');
    const columns = 'id,occurred_at,type,actor_id,subject_id,address,user_agent,request_id,detail';
    expect(records[0]).toBe(`"${columns.replaceAll(',', '","')}"`);
    expect(records.slice(1).map((record) => record.split(',')[0])).toEqual(events.map(({ id }) => `"${id}"`));
    expect(records.find((record) => record.includes('login.failed'))).toContain(`"'=HYPERLINK(""http://x"",""a,b"")"`);
    const { body } = await search({ type: 'audit.exported' });
    expect(body.events[0]).toMatchObject({ actor_id: admin.id, detail: { format: 'csv', subject_id: user.id } });
  });

  it('streams 100,000 events in bounded memory', async () => {
    await service.database.query(`
      INSERT INTO audit_event (id, type, user_agent, occurred_at)
      SELECT gen_random_uuid(), 'bulk.test', repeat('x', 200), now() - n * interval '1 ms' FROM generate_series(1, 100000) n`);
    // autovacuum would do it later
    await service.database.query('ANALYZE audit_event');
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const used = () => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    let [bytes, lines, peak, seen] = [0, 0, 0, 0];
    for await (const chunk of (await download('type=bulk.test')).body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      lines += Buffer.from(chunk).toString('latin1').split('\n').length - 1;
      if (bytes - seen > 2 ** 23) {
        seen = bytes;
        peak = Math.max(peak, used() - before);
      }
    }
    expect(lines).toBe(100_000);
    expect(bytes).toBeGreaterThan(30 * 2 ** 20);
    expect(peak).toBeLessThan(16 * 2 ** 20);
  });

  it('stops reading from the database when its client stops reading', async () => {
    /** Rows read so far. Connections report them up to a second late, with their next statement. */
    const read = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await Promise.all(Array.from({ length: 20 }, () => client.me(admin.accessToken)));
      const { rows } = await service.database.query(
        "SELECT idx_tup_fetch::int AS count FROM pg_stat_user_tables WHERE relname = 'audit_event'",
      );
      return rows[0].count as number;
    };
    const before = await read();
    const response = await download('type=bulk.test');
    const stalled = await read();
    await response.body?.cancel();
    const after = await read();
    expect(stalled - before).toBeGreaterThan(0);
    expect(after - before).toBeLessThan(30_000);
  });
});
