/** One side's measurement in one round. */
export interface Sample {
  /** Successful responses (or iterations of a loop) per second. */
  perSecond: number;
  /** Processor time of the measured process for each of them, in ms. */
  cpuMs: number;
  /** Processor time of PostgreSQL for each of them, in ms. */
  databaseMs?: number;
  p50?: number;
  p99?: number;
  /** Requests that did not succeed. */
  errors: number;
}

/** A subject and its control. */
export interface Comparison {
  name: string;
  control: string;
  /** Minimum ratio of the rates (subject / control); undefined if there is no goal. */
  goal?: number;
  measure: (side: Side, seconds: number) => Promise<Sample>;
}

export type Side = 'subject' | 'control';

/** Median, minimum and maximum of several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export interface Compared {
  name: string;
  control: string;
  goal?: number;
  /** Ratio of the rates, subject / control. */
  ratio: Spread;
  /** Ratio of the processor times, control / subject. */
  cpuRatio: Spread;
  rounds: Record<Side, Sample>[];
}

/** Whether a request failed on either side. */
export function hasErrors({ rounds }: Compared): boolean {
  return rounds.some(({ subject, control }) => subject.errors + control.errors > 0);
}

export function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? NaN;
  const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Measures both sides alternately, in reverse order every other round, after an uncounted warm-up. */
export async function compare(
  { measure, ...about }: Comparison,
  rounds: number,
  seconds: number,
  warmUpSeconds: number,
): Promise<Compared> {
  await measure('subject', warmUpSeconds);
  await measure('control', warmUpSeconds);
  const results: Record<Side, Sample>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first: Side = round % 2 === 0 ? 'subject' : 'control';
    const second: Side = first === 'subject' ? 'control' : 'subject';
    const samples = { [first]: await measure(first, seconds), [second]: await measure(second, seconds) };
    results.push(samples as Record<Side, Sample>);
  }
  return {
    ...about,
    ratio: spreadOf(results.map(({ subject, control }) => subject.perSecond / control.perSecond)),
    cpuRatio: spreadOf(results.map(({ subject, control }) => control.cpuMs / subject.cpuMs)),
    rounds: results,
  };
}
