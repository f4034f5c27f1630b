import { randomInt } from 'node:crypto';
import { good, logins, registrations } from '../lib/measure.ts';
import { Generator, type Call } from '../lib/load.ts';
import { populate } from '../lib/population.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

interface Waited {
  /** What else is done. */
  beside: string;
  /** Of these, per s. */
  besidePerSecond: number;
  p50: number;
  p99: number;
  max: number;
  errors: number;
}

const accounts = 1000;
/** Requests per s whose times are taken. */
const rate = 100;
/** Fewer than the registrations that may wait. */
const connections = 4;
const signs = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));

/** How long those wait whose requests cost nothing, beside others' that cost much: keys are asked for all the time. */
export async function bystanders(stage: Stage, rounds: number, seconds: number): Promise<Waited[]> {
  await populate(await stage.database('bystanders'), accounts);
  const { url } = await stage.startService('bystanders', { REGISTER_ADDRESS_BURST: '1000000' });
  const others = new Generator();
  const busy: Record<string, (() => Call[]) | undefined> = {
    nothing: undefined,
    logins: () => logins(accounts),
    'registrations by 64 signs': () => registrations(2000, randomSigns),
  };
  const results: Waited[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [beside, calls] of Object.entries(busy)) {
        const besides = calls && others.run({ url, connections, seconds: seconds + 1, calls: calls() });
        const seen = await stage.generator.run({
          url,
          connections: 1,
          seconds,
          rate,
          calls: [{ method: 'GET', path: '/.well-known/jwks.json' }],
        });
        const done = await besides;
        const { p50, p99, max } = good(seen);
        const failed = [...seen.byStatus, ...(done?.byStatus ?? [])].filter(({ status }) => status >= 300);
        results.push({
          beside,
          besidePerSecond: done ? good(done).count / done.seconds : 0,
          p50,
          p99,
          max,
          errors: seen.broken + (done?.broken ?? 0) + failed.reduce((sum, { count }) => sum + count, 0),
        });
      }
    }
  } finally {
    others.stop();
  }
  return results;
}

/** A password as password managers make them. */
const randomSigns = (): string => Array.from({ length: 64 }, () => signs[randomInt(signs.length)]).join('');

export function bystandersTable(results: Waited[]): string {
  const rows = [...new Set(results.map(({ beside }) => beside))].map((beside) => {
    const those = results.filter((result) => result.beside === beside);
    const of = (which: 'besidePerSecond' | 'p50' | 'p99' | 'max') => spreadOf(those.map((result) => result[which]));
    return [
      beside,
      number(of('besidePerSecond').median, 0),
      number(of('p50').median, 1),
      spread(of('p99'), 1),
      number(of('max').max, 1),
      String(those.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  return table([`${rate} requests/s beside`, '/s', 'p50 ms', 'p99 ms', 'most ms', 'errors'], rows);
}
