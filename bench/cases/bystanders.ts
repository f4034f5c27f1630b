import { randomInt } from 'node:crypto';
import { logins, registrations, succeeded } from '../lib/measure.ts';
import { Generator, type Call } from '../lib/load.ts';
import { populate } from '../lib/population.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

interface Waited {
  /** The cheap requests. */
  request: string;
  /** The expensive requests. */
  beside: string;
  /** Expensive requests per second. */
  besidePerSecond: number;
  p50: number;
  p99: number;
  max: number;
  errors: number;
}

const accounts = 1000;
/** Cheap requests per second, which are timed. */
const rate = 100;
/** Fewer than the registrations that may queue. */
const connections = 4;
const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));

const requests = { JWKS: '/.well-known/jwks.json', 'sign-in page': '/sign-in' };

/** Measures how long cheap requests take beside expensive requests of others. */
export async function bystanders(stage: Stage, rounds: number, seconds: number): Promise<Waited[]> {
  await populate(await stage.database('bystanders'), accounts);
  const { url } = await stage.startService('bystanders', { REGISTER_ADDRESS_BURST: '1000000' });
  const others = new Generator();
  const busy: Record<string, (() => Call[]) | undefined> = {
    nothing: undefined,
    logins: () => logins(accounts),
    'registrations, 64 characters': () => registrations(2000, randomPassword),
  };
  const results: Waited[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [[request, path], [beside, calls]] of pairs(Object.entries(requests), Object.entries(busy))) {
        const besides = calls && others.run({ url, connections, seconds: seconds + 1, calls: calls() });
        const seen = await stage.generator.run({
          url,
          connections: 1,
          seconds,
          rate,
          calls: [{ method: 'GET', path }],
        });
        const done = await besides;
        const { p50, p99, max } = succeeded(seen);
        const failed = [...seen.byStatus, ...(done?.byStatus ?? [])].filter(({ status }) => status >= 300);
        results.push({
          request,
          beside,
          besidePerSecond: done ? succeeded(done).count / done.seconds : 0,
          p50,
          p99,
          max,
          errors: seen.failed + (done?.failed ?? 0) + failed.reduce((sum, { count }) => sum + count, 0),
        });
      }
    }
  } finally {
    others.stop();
  }
  return results;
}

const pairs = <A, B>(first: A[], second: B[]): [A, B][] => first.flatMap((a) => second.map((b): [A, B] => [a, b]));

/** A password as password managers generate it. */
const randomPassword = (): string =>
  Array.from({ length: 64 }, () => characters[randomInt(characters.length)]).join('');

export function bystandersTable(results: Waited[]): string {
  const names = (pick: (result: Waited) => string) => [...new Set(results.map(pick))];
  const rows = pairs(
    names(({ request }) => request),
    names(({ beside }) => beside),
  ).map(([request, beside]) => {
    const those = results.filter((result) => result.request === request && result.beside === beside);
    const of = (which: 'besidePerSecond' | 'p50' | 'p99' | 'max') => spreadOf(those.map((result) => result[which]));
    return [
      request,
      beside,
      number(of('besidePerSecond').median, 0),
      number(of('p50').median, 1),
      spread(of('p99'), 1),
      number(of('max').max, 1),
      String(those.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  return table([`${rate} requests/s`, 'beside', '/s', 'p50 ms', 'p99 ms', 'max ms', 'errors'], rows);
}
