import { hashConnections, logins, succeeded } from '../lib/measure.ts';
import { populate } from '../lib/population.ts';
import { untilIdle, usageOf } from '../lib/programs.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

const accounts = 1000;

interface Overloaded {
  factor: number;
  /** Successful logins, relative to the peak. */
  goodput: number;
  p99: number;
  /** Responses with 503 per second. */
  rejected: number;
  /** The slowest of them, in ms. */
  rejectedMax: number;
  /** Other responses, and 503 without Retry-After. */
  errors: number;
}

export interface OverloadResult {
  peak: number[];
  rounds: Overloaded[];
  peakMiB: number;
}

/** Sends more logins than the service can process, from other processors. Measures the peak before each overload. */
export async function overload(stage: Stage, rounds: number, seconds: number): Promise<OverloadResult> {
  await stage.isolate();
  await populate(await stage.database('overload'), accounts);
  const service = await stage.startService('overload');
  const { url } = service;
  // few enough connections that none is rejected: rejected clients would retry at once and distort the peak
  const closed = { url, connections: hashConnections(stage.processorCount), seconds };
  await stage.generator.run({ ...closed, calls: logins(accounts) });
  const result: OverloadResult = { peak: [], rounds: [], peakMiB: 0 };
  for (let round = 0; round < rounds; round += 1) {
    for (const factor of [2, 10]) {
      const seen = await stage.generator.run({ ...closed, calls: logins(accounts) });
      const peak = succeeded(seen).count / seen.seconds;
      result.peak.push(peak);
      await untilIdle(service.pid);
      const over = await stage.generator.run({ ...closed, rate: peak * factor, calls: logins(accounts, 20_000) });
      await untilIdle(service.pid);
      const { count, p99 } = succeeded(over);
      const rejected = over.byStatus.find(({ status }) => status === 503);
      const rest = over.byStatus.filter(({ status }) => status !== 200 && status !== 503);
      result.rounds.push({
        factor,
        goodput: count / over.seconds / peak,
        p99,
        rejected: (rejected?.count ?? 0) / over.seconds,
        rejectedMax: rejected?.max ?? 0,
        errors: over.failed + over.withoutRetryAfter + rest.reduce((sum, { count: n }) => sum + n, 0),
      });
    }
  }
  result.peakMiB = (await usageOf(service.pid)).peakMiB;
  await service.stop();
  return result;
}

export function overloadTable({ peak, rounds, peakMiB }: OverloadResult): string {
  const rows = [2, 10].map((factor) => {
    const of = rounds.filter((round) => round.factor === factor);
    const column = (pick: (round: Overloaded) => number, digits: number) => spread(spreadOf(of.map(pick)), digits);
    return [
      `${factor} ×`,
      column(({ goodput }) => goodput, 2),
      column(({ p99 }) => p99, 0),
      column(({ rejected }) => rejected, 0),
      column(({ rejectedMax }) => rejectedMax, 0),
      String(of.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  const head = ['offered', 'goodput / peak', 'p99 ms', '503 /s', 'slowest 503 ms', 'errors'];
  const { median } = spreadOf(peak);
  return `${table(head, rows)}\n\nPeak ${number(median, 0)} logins/s. The service used at most ${number(peakMiB, 0)} MiB.`;
}
