/** One side's measurement in one round. */
export interface Sample {
  /** Good answers, or whatever is counted, per s. */
  perSecond: number;
  /** Processor time of the measured process for one of these, in ms. */
  cpuMs: number;
  /** The same of PostgreSQL. */
  databaseMs?: number;
  p50?: number;
  p99?: number;
  /** Anything but good answers. */
  errors: number;
}

/** A subject and what it is held against. */
export interface Comparison {
  name: string;
  control: string;
  /** Least good ratio of the rates, subject by control; none where it is only told. */
  goal?: number;
  measure: (side: Side, seconds: number) => Promise<Sample>;
}

export type Side = 'subject' | 'control';

/** Median, least and most of several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export interface Compared {
  name: string;
  control: string;
  goal?: number;
  /** Of the rates, in each round. */
  ratio: Spread;
  /** Of the processor times: what the control takes by what the subject takes. */
  cpuRatio: Spread;
  rounds: Record<Side, Sample>[];
}

/** Whether anything but good answers came, on either side. */
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

/** Measures both sides in turn, in the other order each round, after a warm-up that is not counted. */
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
