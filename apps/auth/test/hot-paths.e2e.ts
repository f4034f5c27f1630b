import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { requestIds } from '../../../libs/common/src/logging/request-log.ts';
import { AppModule } from '../src/app.module.ts';
import { HousekeepingService } from '../src/housekeeping/index.ts';
import { Client, newEmail, type Login } from './support/client.ts';
import { productionSettings, startTestService, strongPassword, type TestService } from './support/service.ts';
import { isPlanned, planOf, recordStatements } from './support/statements.ts';

let service: TestService;
let client: Client;
let login: Login;
/** A browser with a session in a cookie. */
let browser: { origin: string; cookie: string };

/** The statements of requests since the last reset, without those of the service's own jobs. */
let recorded: ReturnType<typeof recordStatements>;
/** Plans differ between major versions of PostgreSQL: the snapshot is of this one. */
const snapshotVersion = 18;
let isSnapshotVersion = false;
/** Whether a statement is recorded. */
let isRecorded = () => requestIds().request_id !== undefined;

beforeAll(async () => {
  service = await startTestService({
    ...productionSettings,
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'auth@example.com',
  });
  client = new Client(service.url);
  login = await client.newAccount();
  // the first request for the key set makes the RSA key
  await client.call('GET', '/.well-known/jwks.json');
  const { origin } = new URL(productionSettings.TOKEN_ISSUER);
  const { refreshToken } = await client.newSession(login.email);
  const body = { refresh_token: refreshToken };
  const { headers } = await client.call('POST', '/auth/session', { headers: { origin }, body });
  browser = { origin, cookie: headers.get('set-cookie')?.split(';', 1)[0] ?? '' };
  await service.database.query('UPDATE account SET email_verified_at = now()');
  // enough rows that a sequential scan costs more than an index
  await service.database.query(`
    INSERT INTO account (id, email, password_hash, roles)
    SELECT gen_random_uuid(), 'bulk-' || n || '@example.com', 'none', '{user}' FROM generate_series(1, 5000) n;
    INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address)
    SELECT gen_random_uuid(), id, '', now(), now(), now(), now() + n * interval '1 day', '192.0.2.1'
    FROM account, generate_series(1, 10) n WHERE email LIKE 'bulk-%';
    INSERT INTO audit_event (id, occurred_at, type, subject_id)
    SELECT gen_random_uuid(), now() - n * interval '1 day', 'login.succeeded', id
    FROM account, generate_series(1, 10) n WHERE email LIKE 'bulk-%';
    INSERT INTO attempt (key, failures, blocked_until, updated_at)
    SELECT 'bulk:' || n, 1, '-infinity', now() FROM generate_series(1, 20000) n;
    INSERT INTO totp (account_id, secret) SELECT id, '' FROM account WHERE email LIKE 'bulk-%';
    INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
    SELECT gen_random_uuid(), id, decode(md5(email), 'hex'), '', 0, '{}', false, 'bulk' FROM account WHERE email LIKE 'bulk-%';
    INSERT INTO external_identity (id, account_id, provider, issuer, subject)
    SELECT gen_random_uuid(), id, 'bulk', 'bulk', email FROM account WHERE email LIKE 'bulk-%'`);
  await service.database.query('VACUUM ANALYZE');
  const { rows } = await service.database.query('SHOW server_version');
  isSnapshotVersion = parseInt(String(rows[0]?.server_version)) === snapshotVersion;
  recorded = recordStatements(() => isRecorded());
});
afterAll(() => {
  recorded.stop();
});

async function statementsOf(request: () => Promise<{ status: number }>): Promise<string[]> {
  recorded.sent.length = 0;
  const { status } = await request();
  expect(status).toBeLessThan(300);
  return [...recorded.sent];
}

const paths: [name: string, statements: number, request: () => Promise<{ status: number }>][] = [
  ['a login on a new device', 7, () => client.login(login.email)],
  ['a login on a known device', 2, () => client.login(login.email, strongPassword, login.cookie)],
  ['a refresh', 1, () => client.refresh(login.refreshToken)],
  [
    'a request that a gateway asks about',
    1,
    () =>
      client.call('GET', '/auth/forward-auth', {
        headers: {
          cookie: browser.cookie,
          'x-forwarded-host': new URL(browser.origin).host,
          'x-forwarded-method': 'GET',
          'x-forwarded-uri': '/orders',
        },
      }),
  ],
  [
    'an access token for a cookie',
    1,
    () => client.call('POST', '/auth/session/access-token', { headers: { ...browser } }),
  ],
  ['GET /auth/me', 2, () => client.me(login.accessToken)],
  ['a list of sessions', 2, () => client.call('GET', '/auth/sessions', { token: login.accessToken })],
  ['a registration', 7, () => client.register(newEmail())],
  ['GET /.well-known/jwks.json', 0, () => client.call('GET', '/.well-known/jwks.json')],
  ['a logout', 5, () => client.call('POST', '/auth/logout', { token: login.accessToken })],
];

describe('on the hot paths', () => {
  it.each(paths)('%s takes %i statements, which all use an index', async (_name, count, request) => {
    const statements = await statementsOf(request);
    const plans: string[] = [];
    for (const statement of statements.filter(isPlanned)) {
      plans.push(`${statement}\n${await planOf(service.database, statement)}`);
    }
    expect(statements).toHaveLength(count);
    expect(plans.filter((plan) => plan.includes('Seq Scan'))).toEqual([]);
    if (isSnapshotVersion) {
      expect(plans.join('\n\n')).toMatchSnapshot();
    }
  });
});

// including empty tables: the question is whether an index can serve the statement
it('retention uses an index in each table', async () => {
  // its own round, twice a minute, would be recorded too, or hold the lock
  await service.stop();
  const database = new pg.Pool({ connectionString: service.databaseUrl });
  const module = await Test.createTestingModule({ imports: [AppModule.register(service.config)] }).compile();
  recorded.sent.length = 0;
  isRecorded = () => true;
  await module.get(HousekeepingService).runRound();
  isRecorded = () => false;
  await module.close();
  // these tables have few rows
  const deletions = recorded.sent.filter((text) =>
    /^(\/\* \S+ \*\/ )?DELETE FROM (?!signing_key|import_job)/.test(text),
  );
  const plans = await Promise.all(
    deletions.map(async (statement) => `${statement}\n${await planOf(database, statement, 'enable_seqscan = off')}`),
  );
  await database.end();
  expect(new Set(deletions).size).toBeGreaterThan(7);
  expect(plans.filter((plan) => plan.includes('Seq Scan'))).toEqual([]);
  if (isSnapshotVersion) {
    expect(plans.toSorted().join('\n\n')).toMatchSnapshot();
  }
});
