import { newAdmin } from '../lib/admin.ts';
import { diversify, populate } from '../lib/population.ts';
import { number, table } from '../lib/report.ts';
import type { Stage } from '../lib/stage.ts';

/** What an admin types: the beginning of everybody's e-mail address, of some, of one, of names, and what nobody has. */
const texts: Record<string, string>[] = [
  {},
  ...['u', 'user-', 'user-12', 'user-999', 'user-777@', 'a', 'ab', 'abc', 'nobody'].map((search) => ({ search })),
  ...['exa', '-12', '777@', 'nobody'].map((email_contains) => ({ email_contains })),
  ...['example.com', 'example.org'].map((domain) => ({ domain })),
];
const filters: Record<string, string>[] = [
  {},
  { role: 'admin' },
  { disabled: 'true' },
  { disabled: 'false' },
  { verified: 'true' },
  { verified: 'false' },
  { second_factor: 'true' },
  { second_factor: 'false' },
  // each finds a tenth or more, together nobody
  { disabled: 'true', second_factor: 'true' },
  { disabled: 'true', verified: 'false' },
  { role: 'admin', verified: 'false' },
  { created_until: '2001-01-01T00:00:00Z' },
];
const orders = ['email', 'created_at'].flatMap((sort) => ['asc', 'desc'].map((order) => ({ sort, order })));

export interface SearchResult {
  accounts: number;
  /** The best of the rounds of each search. */
  searches: { query: string; milliseconds: number }[];
}

/** Searches accounts in every way that the console does, the first page with the number of accounts. */
export async function accountSearch(stage: Stage, sizes: number[], rounds: number): Promise<SearchResult[]> {
  const results: SearchResult[] = [];
  for (const accounts of sizes) {
    const name = `search_${String(accounts)}`;
    const database = await stage.database(name);
    await populate(database, accounts, 0);
    await diversify(database);
    const service = await stage.startService(name);
    const { accessToken } = await newAdmin(service.url, database);
    const headers = { authorization: `Bearer ${accessToken}` };
    const queries = texts.flatMap((text) =>
      filters.flatMap((filter) =>
        orders.map((order) => new URLSearchParams({ ...text, ...filter, ...order, count: 'true' }).toString()),
      ),
    );
    const best = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const query of queries) {
        const began = performance.now();
        const response = await fetch(`${service.url}/auth/admin/accounts?${query}`, { headers });
        await response.arrayBuffer();
        if (!response.ok) {
          throw new Error(`${query} responded with ${String(response.status)}`);
        }
        best.set(query, Math.min(best.get(query) ?? Infinity, performance.now() - began));
      }
    }
    results.push({ accounts, searches: [...best].map(([query, milliseconds]) => ({ query, milliseconds })) });
    await service.stop();
  }
  return results;
}

export function searchTable(results: SearchResult[]): string {
  const rows = results.map(({ accounts, searches }) => {
    const sorted = searches.toSorted((a, b) => a.milliseconds - b.milliseconds);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)];
    return [
      String(accounts),
      String(searches.length),
      ...[0.5, 0.99, 1].map((share) => number(at(share)?.milliseconds, 1)),
      at(1)?.query ?? '',
    ];
  });
  return table(['accounts', 'searches', 'p50 ms', 'p99 ms', 'slowest ms', 'slowest'], rows);
}
