import type pg from 'pg';
import { AuditRepository } from '../../tools/built.ts';
import type { Load } from '../lib/load.ts';
import { accessTokens, authorized, logins, succeeded } from '../lib/measure.ts';
import { populate, serviceTokens } from '../lib/population.ts';
import { number, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

const purgeRows = 2000;
const kinds = ['login', 'refresh', 'session list'] as const;
type Kind = (typeof kinds)[number];

/** Medians over the rounds, in ms. */
export interface Grown {
  accounts: number;
  fillSeconds: number;
  databaseMiB: number;
  latency: Record<string, { p50: number; p99: number }>;
  purgeMs: number;
  errors: number;
}

/** Sends the same requests to databases of several sizes, alternating between them. */
export async function growth(stage: Stage, sizes: number[], rounds: number, seconds: number): Promise<Grown[]> {
  const databases = [];
  for (const accounts of sizes) {
    const name = `growth_${accounts}`;
    const database = await stage.database(name);
    const began = performance.now();
    await populate(database, accounts);
    const fillSeconds = (performance.now() - began) / 1000;
    const service = await stage.startService(name);
    const tokens = await serviceTokens(database, stage.keyEncryptionKey, Math.min(accounts * 2, 5000));
    const access = await accessTokens(service.url, tokens.splice(0, 300));
    const chain = { name, path: '/auth/refresh', tokens };
    const loads: Record<Kind, Omit<Load, 'url' | 'seconds'>> = {
      login: { connections: 2, calls: logins(accounts) },
      refresh: { connections: 4, calls: [], chain },
      'session list': { connections: 4, calls: authorized('/auth/sessions', access) },
    };
    databases.push({
      accounts,
      database,
      fillSeconds,
      service,
      loads,
      seen: new Map<string, { p50: number; p99: number }[]>(),
    });
  }
  const errors = new Map<number, number>();
  for (let round = -1; round < rounds; round += 1) {
    for (const kind of kinds) {
      for (const { accounts, service, loads, seen } of round % 2 === 0 ? databases : databases.toReversed()) {
        const result = await stage.generator.run({ url: service.url, seconds, ...loads[kind] });
        // the first round warms up
        if (round >= 0) {
          seen.set(kind, [...(seen.get(kind) ?? []), succeeded(result)]);
        }
        const bad = result.byStatus.filter(({ status }) => status >= 300).reduce((sum, { count }) => sum + count, 0);
        errors.set(accounts, (errors.get(accounts) ?? 0) + bad + result.failed);
      }
    }
  }
  const results: Grown[] = [];
  for (const { accounts, database, fillSeconds, service, seen } of databases) {
    await service.stop();
    const { rows } = await database.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
    const median = (kind: string, which: 'p50' | 'p99') =>
      spreadOf((seen.get(kind) ?? []).map((times) => times[which])).median;
    results.push({
      accounts,
      fillSeconds,
      databaseMiB: Number(rows[0]?.size) / 2 ** 20,
      latency: Object.fromEntries(kinds.map((kind) => [kind, { p50: median(kind, 'p50'), p99: median(kind, 'p99') }])),
      purgeMs: await purge(database),
      errors: errors.get(accounts) ?? 0,
    });
  }
  return results;
}

/** Times the deletion of one batch of old audit events, the largest table. */
async function purge(database: pg.Client): Promise<number> {
  const times: number[] = [];
  const events = new AuditRepository({ AUDIT_RETENTION_DAYS: 400 });
  for (let batch = 0; batch < 3; batch += 1) {
    await database.query(
      `INSERT INTO audit_event (id, type, occurred_at)
       SELECT gen_random_uuid(), 'bench.old', now() - interval '500 days' FROM generate_series(1, $1)`,
      [purgeRows],
    );
    const began = performance.now();
    const deleted = await events.purgeEvents(asQueryable(database), purgeRows);
    times.push(performance.now() - began);
    if (deleted !== purgeRows) {
      throw new Error(`${deleted} events were deleted, not ${purgeRows}`);
    }
  }
  return spreadOf(times).median;
}

export function growthTable(results: Grown[]): string {
  const [smallest] = results;
  const kinds = Object.keys(smallest?.latency ?? {});
  return table(
    [
      'accounts',
      'database MiB',
      ...kinds.map((kind) => `${kind} p50/p99 ms`),
      `deleting ${purgeRows} events ms`,
      'errors',
    ],
    results.map(({ accounts, databaseMiB, latency, purgeMs, errors }) => [
      accounts.toLocaleString('en'),
      number(databaseMiB, 0),
      ...kinds.map((kind) => {
        const [{ p50, p99 }, base] = [latency[kind], smallest?.latency[kind]] as [Times, Times];
        return `${number(p50, 1)}/${number(p99, 1)} (${number(p50 / base.p50)}/${number(p99 / base.p99)} ×)`;
      }),
      number(purgeMs, 0),
      String(errors),
    ]),
  );
}

type Times = Grown['latency'][string];

/** Adapts a client of node-postgres: TypeORM returns rows and their count for an UPDATE or a DELETE. */
const asQueryable = (database: pg.Client) => ({
  async query(statement: string, parameters?: unknown[]) {
    const { rows, rowCount } = await database.query(statement, parameters);
    return [rows, rowCount] as never;
  },
});
