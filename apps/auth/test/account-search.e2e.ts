import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { Client, newAdmin } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string };

const accounts = 100_000;
/** The statements of searches with their values, since the last search. */
let sent: { text: string; values: unknown[] }[] = [];
// eslint-disable-next-line @typescript-eslint/unbound-method
const original = pg.Client.prototype.query;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  admin = await newAdmin(service);
  await service.database.query("UPDATE account SET created_at = '2020-01-01', email_verified_at = now()");
  // one of 1,000 is an admin, disabled, unverified, or at example.org; creation times come in pairs
  await service.database.query(
    `INSERT INTO account (id, email, password_hash, roles, email_verified_at, disabled_at, name, family_name,
       second_factor, created_at)
     SELECT gen_random_uuid(), 'User' || n || CASE WHEN n % 1000 = 3 THEN '@Example.org' ELSE '@example.com' END, 'x',
       CASE WHEN n % 1000 = 0 THEN '{admin}' ELSE '{user}' END::text[],
       CASE WHEN n % 1000 <> 1 THEN now() END, CASE WHEN n % 1000 = 2 THEN now() END,
       CASE WHEN n % 2 = 0 THEN 'Given' || n || ' Örtel' || n % 1000 END, CASE WHEN n % 2 = 0 THEN 'Örtel' || n % 1000 END, n % 1000 = 4,
       '2021-01-01'::timestamptz + (n / 2) * interval '1 minute' + interval '0.123456 s'
     FROM generate_series(1, $1::int) n`,
    [accounts],
  );
  await service.database.query('VACUUM ANALYZE account');
  pg.Client.prototype.query = function (this: pg.Client, ...call: unknown[]) {
    const { text = call[0], values = call[1] } = Object(call[0]);
    if (typeof text === 'string' && /^\/\* accounts\.(search|count) \*\//.test(text)) {
      sent.push({ text, values: values as unknown[] });
    }
    return (original as (...call: unknown[]) => unknown).apply(this, call);
  } as typeof original;
});
afterAll(() => {
  pg.Client.prototype.query = original;
});

interface Page {
  accounts: { email: string; created_at: string }[];
  next: string | null;
  count?: { value: number; exact: boolean };
}
const search = async (query: string): Promise<Page> => {
  sent = [];
  const { status, body } = await client.call('GET', `/auth/admin/accounts?${query}`, { token: admin.accessToken });
  expect([status, body.code]).toEqual([200, undefined]);
  return body;
};
/** The e-mail addresses on all pages, and how many they are. */
const pages = async (query: string, limit = 50) => {
  const emails: string[] = [];
  for (let after = '', more = true; more;) {
    const page = await search(`limit=${String(limit)}&${query}${after}`);
    emails.push(...page.accounts.map(({ email }) => email));
    more = page.next !== null;
    after = `&after=${String(page.next)}`;
  }
  return emails;
};

/** Rows that a plan has read, and the tables that it reads whole. */
function reads(plan: Record<string, unknown>): { rows: number; scans: string[] } {
  const inner = ((plan['Plans'] ?? []) as Record<string, unknown>[]).map(reads);
  const own = ['Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Index Recheck'].map((key) => plan[key] ?? 0);
  return {
    rows: Math.max(
      own.reduce((sum: number, count) => sum + Number(count), 0),
      ...inner.map(({ rows }) => rows),
    ),
    scans: [
      ...(plan['Node Type'] === 'Seq Scan' ? [String(plan['Relation Name'])] : []),
      ...inner.flatMap(({ scans }) => scans),
    ],
  };
}
const plans = async () => {
  const connection = await service.database.connect();
  try {
    return await Promise.all(
      sent.map(async ({ text, values }) => {
        const explain = `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`;
        const { rows } = await connection.query(explain, values);
        return { text, ...reads(rows[0]['QUERY PLAN'][0].Plan) };
      }),
    );
  } finally {
    connection.release();
  }
};

const everyThousand = (n: number) => Array.from({ length: accounts / 1000 }, (_, i) => `User${String(i * 1000 + n)}`);

describe('accounts are found', () => {
  it.each(['domain=example.org', 'domain=%40EXAMPLE.org', 'email_contains=%40example.org'])('by %s', async (query) => {
    const found = await pages(query);
    expect(found.toSorted()).toEqual(
      everyThousand(3)
        .map((name) => `${name}@Example.org`)
        .toSorted(),
    );
  });

  it.each([
    [
      'email_contains=SER4242',
      ['User4242@example.com', ...Array.from({ length: 10 }, (_, i) => `User4242${String(i)}@example.com`)],
    ],
    ['email_contains=4242%40', ['User14242@example.com', 'User24242@example.com', 'User34242@example.com']],
    ['email_contains=user_', []],
    ['email_contains=%25%25%25', []],
    ['email_contains=er%5C1', []],
  ])('by %s', async (query, emails) => {
    const found = await pages(query);
    expect(found).toEqual(expect.arrayContaining(emails));
    expect(found.length === 0).toBe(emails.length === 0);
  });

  it.each([
    ['search=User4242', 11],
    ['search=gIVEN4242', 6],
    ['search=given4242%20%C3%96', 1],
    ['search=%C3%96RTEL42', 600],
    ['search=%C3%96rtel42&disabled=true', 0],
    ['search=user4242&second_factor=true', 0],
    ['search=user_&disabled=false', 0],
    ['search=%25', 0],
  ])('by what is typed: %s', async (query, count) => {
    for (const sort of ['', '&sort=created_at&order=desc', '&order=desc']) {
      const found = await pages(`${query}${sort}`, 7);
      expect([found.length, new Set(found).size]).toEqual([count, count]);
    }
    expect((await search(`count=true&limit=1&${query}`)).count).toEqual({ value: count, exact: true });
  });

  it('by second factor', async () => {
    expect((await pages('second_factor=true')).toSorted()).toEqual(
      everyThousand(4)
        .map((name) => `${name}@example.com`)
        .toSorted(),
    );
    expect((await search('second_factor=false&count=true&limit=1')).count?.exact).toBe(false);
  });

  it('by verification, role, state and their combinations', async () => {
    expect((await pages('verified=false&domain=example.com')).length).toBe(accounts / 1000);
    expect((await pages('verified=true&disabled=true')).length).toBe(accounts / 1000);
    expect(await pages('verified=false&disabled=true')).toEqual([]);
  });

  it('by the time of their creation', async () => {
    const day = 'created_from=2021-01-02T00:00:00Z&created_until=2021-01-02T01:00:00Z';
    expect((await pages(day)).length).toBe(120);
    expect((await pages(`${day}&verified=false`)).length).toBe(0);
  });

  it.each(['asc', 'desc'])(
    'once each, in %sending order of their creation, also those created at the same time',
    async (order) => {
      const day = 'created_from=2021-01-02T00:00:00Z&created_until=2021-01-02T01:00:00Z';
      const found = await pages(`${day}&sort=created_at&order=${order}`, 7);
      expect([found.length, new Set(found).size]).toEqual([120, 120]);
      const { accounts: first } = await search(`sort=created_at&order=${order}&limit=2`);
      const times = first.map(({ created_at }) => created_at);
      expect(times).toEqual(times.toSorted((a, b) => (order === 'asc' ? 1 : -1) * a.localeCompare(b)));
    },
  );

  it('in descending order of their e-mail addresses', async () => {
    const found = await pages('email_prefix=user999&order=desc', 4);
    expect(found).toHaveLength(111);
    expect(found.map((email) => email.toLowerCase())).toEqual(
      found
        .map((email) => email.toLowerCase())
        .toSorted()
        .reverse(),
    );
  });
});

it('a count is exact up to 10,000 and an estimate above', async () => {
  expect((await search('limit=1')).count).toBeUndefined();
  expect((await search('count=true&limit=1&domain=example.org')).count).toEqual({ value: 100, exact: true });
  expect((await search('count=true&limit=1&email_contains=nobody')).count).toEqual({ value: 0, exact: true });
  for (const filter of [
    '',
    'verified=true',
    'domain=example.com',
    'disabled=false',
    'role=user',
    'email_contains=example',
  ]) {
    const { count } = await search(`count=true&limit=1&${filter}`);
    expect(count?.exact).toBe(false);
    expect(Math.abs(Number(count?.value) / accounts - 1)).toBeLessThan(0.05);
  }
});

it('no search and no count reads a table whole, nor more than a quarter of its rows', async () => {
  const filters = [
    '',
    'domain=example.org',
    'domain=example.com',
    'domain=nowhere.example',
    'email_contains=4242',
    'email_contains=example',
    'email_contains=nobody',
    // all are far from one end of each order
    'email_contains=r12',
    'email_contains=r12&verified=true&disabled=false',
    'email_prefix=user9',
    'role=admin',
    'role=user',
    'disabled=true',
    'disabled=false',
    'verified=true',
    'verified=false',
    'second_factor=true',
    'second_factor=false',
    'verified=false&disabled=true',
    'role=admin&second_factor=true',
    'search=u',
    'search=user4242',
    'search=given',
    'search=%C3%96rtel42',
    'search=nobody',
    'search=user&disabled=false&second_factor=false',
    'created_from=2021-01-02T00:00:00Z&created_until=2021-01-02T01:00:00Z',
    'created_until=2021-01-01T01:00:00Z',
    'domain=example.org&verified=false&created_from=2021-01-02T00:00:00Z',
    'email_contains=4242&verified=true&role=user&disabled=false',
  ];
  for (const filter of filters) {
    for (const order of ['', 'sort=email&order=desc', 'sort=created_at', 'sort=created_at&order=desc']) {
      const first = await search(`limit=20&count=true&${order}&${filter}`);
      const found = await plans();
      if (first.next !== null) {
        await search(`limit=20&${order}&${filter}&after=${first.next}`);
        found.push(...(await plans()));
      }
      expect(found.filter(({ scans, rows }) => scans.length > 0 || rows > accounts / 4)).toEqual([]);
    }
  }
});

it('nor does one for what nearly nobody has, which is too rare for the planner to know', async () => {
  await service.database.query("UPDATE account SET roles = '{user}' WHERE roles = '{admin}'");
  await service.database.query('VACUUM ANALYZE account');
  for (const order of ['', 'sort=created_at', 'sort=created_at&order=desc']) {
    const { accounts: found } = await search(`limit=20&count=true&role=admin&${order}`);
    expect(found).toHaveLength(1);
    expect((await plans()).filter(({ scans, rows }) => scans.length > 0 || rows > accounts / 4)).toEqual([]);
  }
});

const cursor = (text: string) => Buffer.from(text).toString('base64url');
const id = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';

it.each([
  'search=',
  'search=a%00',
  'second_factor=1',
  'email_contains=ab',
  'email_contains=%00%00%00',
  'domain=a%40b',
  'domain=',
  'verified=maybe',
  'created_from=yesterday',
  'sort=email%20desc',
  'order=up',
  'count=1',
  `sort=created_at&after=${cursor('user1@example.com')}`,
  `sort=created_at&after=${cursor(`2021-13-01T00:00:00.000000Z,${id}`)}`,
  `sort=created_at&after=${cursor(`2021-02-30T00:00:00.000000Z,${id}`)}`,
  `sort=created_at&after=${cursor(`0000-01-01T00:00:00.000000Z,${id}`)}`,
])('the search %s is rejected', async (query) => {
  const { status, body } = await client.call('GET', `/auth/admin/accounts?${query}`, { token: admin.accessToken });
  expect([status, body.code]).toEqual([400, 'validation_failed']);
});
