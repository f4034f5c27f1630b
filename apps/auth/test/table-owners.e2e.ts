import { expect, it } from 'vitest';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { startTestService } from './support/service.ts';

/** The folder whose repositories alone name a table in SQL. */
const owners: Record<string, string> = {
  account: 'accounts',
  activity_count: 'statistics',
  api_key: 'service-accounts',
  application: 'applications',
  application_logo: 'applications',
  application_secret: 'applications',
  attempt: 'rate-limits',
  audit_event: 'audit',
  erased_account: 'audit',
  external_identity: 'login/social',
  import_job: 'accounts/import-export',
  import_refusal: 'accounts/import-export',
  imported_hash_kind: 'passwords',
  logout_notification: 'openid',
  mail: 'email/outbox',
  one_time_token: 'email/one-time-tokens',
  openid_artifact: 'openid',
  openid_consent: 'openid',
  openid_grant: 'openid',
  openid_refresh_token: 'openid',
  passkey: 'login/passkeys',
  passkey_challenge: 'login/passkeys',
  password_hash_count: 'passwords',
  recovery_code: 'login/mfa',
  service_account: 'service-accounts',
  session: 'sessions',
  signing_key: 'signing-keys',
  social_flow: 'login/social',
  totp: 'login/mfa',
  unlinked_identity: 'login/social',
  webhook_delivery: 'webhooks',
  webhook_endpoint: 'webhooks',
};

/** Statements that span capabilities, to save a round trip or to take locks in one order: the only other places. */
const spanning: Record<string, string[]> = {
  'accounts/accounts.repository.ts': ['external_identity', 'passkey'],
  'login/login.repository.ts': ['account', 'external_identity', 'passkey'],
  'openid/grants.repository.ts': ['account', 'application', 'session'],
  'openid/logout-notifications.repository.ts': ['application'],
  'openid/openid-sessions.repository.ts': ['account', 'application', 'session'],
  'openid/refresh-tokens.repository.ts': ['account', 'application', 'session'],
  'sessions/browser-sessions/browser-sessions.repository.ts': ['account'],
  'sessions/session-locks.repository.ts': ['account'],
  'sessions/sessions.repository.ts': ['account'],
};

const source = join(import.meta.dirname, '../src');
const files = globSync('**/*.ts', { cwd: source }).filter((path) => !/\.spec\.ts$|^database\/migrations\//.test(path));

/** The tables that a text names as SQL does, or as `purge` is told. */
function namedTables(text: string, tables: string[]): string[] {
  const named = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|USING|TABLE|table:) ['"]?(${tables.join('|')})\\b`, 'g');
  return [...new Set([...text.matchAll(named)].map(([, table]) => String(table)))];
}

const isWithin = (path: string, folder: string) => !relative(folder, dirname(path)).startsWith('..');

it('lists the owner of each table', async () => {
  const service = await startTestService();
  const { rows } = await service.database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration' ORDER BY 1",
  );
  expect(Object.keys(owners)).toEqual(rows.map(({ name }) => name));
});

it('finds tables named by SQL and by purge', () => {
  const text = "sql`DELETE FROM session USING account` purge({ table: 'mail' }) // from totp";
  expect(namedTables(text, Object.keys(owners))).toEqual(['session', 'account', 'mail']);
});

it('names a table only in its owner’s folder', () => {
  const strangers = files.flatMap((path) =>
    namedTables(readFileSync(join(source, path), 'utf8'), Object.keys(owners))
      .filter((table) => !isWithin(path, String(owners[table])) && !spanning[path]?.includes(table))
      .map((table) => `${path} names ${table}, which belongs to ${String(owners[table])}/`),
  );
  expect(strangers).toEqual([]);
});

it('keeps statements in repositories, each with its name in front', () => {
  const faults = files.flatMap((path) => {
    const text = readFileSync(join(source, path), 'utf8');
    const isRepository = path.endsWith('.repository.ts');
    const statements = [...text.matchAll(/\bsql`\s*(\/\* [\w.-]+ \*\/\s*)?(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/g)];
    const unnamed = statements.filter(([, name]) => name === undefined).length - (fragments[path] ?? 0);
    const untyped =
      isRepository || path.startsWith('database/')
        ? 0
        : [...text.matchAll(/(manager|dataSource|\bon|runner)\.query\(/g)].length;
    return [
      ...(untyped > 0 ? [`${path} runs SQL of its own`] : []),
      ...(statements.length > 0 && !isRepository ? [`${path} has SQL and is no repository`] : []),
      ...(unnamed === 0 ? [] : [`${path} has ${String(unnamed)} statements without a name`]),
    ];
  });
  expect(faults).toEqual([]);
});

/** Statements that only ever stand inside others, and so have no name of their own. */
const fragments: Record<string, number> = {
  'accounts/account-search.repository.ts': 3,
  'audit/audit.repository.ts': 1,
  'audit/log/audit-log.repository.ts': 1,
  'rate-limits/rate-limits.repository.ts': 2,
};
