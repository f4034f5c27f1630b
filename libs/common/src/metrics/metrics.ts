import { Counter as PromCounter, Gauge, register } from 'prom-client';

/** A counter whose `inc` takes these labels, or none. */
export interface Counter<Labels extends Record<string, string> = never> {
  /** Adds `value`, 1 by default. */
  inc(...parameters: [Labels] extends [never] ? [value?: number] : [labels: Labels, value?: number]): void;
}

/** Label names with their possible values. */
type LabelValues = Readonly<Record<string, readonly string[]>>;

type LabelsOf<Values extends LabelValues> = {
  -readonly [Name in keyof Values]: Values[Name] extends readonly [] ? string : Values[Name][number];
};

/** Sets one series of a gauge. */
type SetSeries<Name extends string> = (
  value: number,
  ...labels: [Name] extends [never] ? [] : [labels: Record<Name, string>]
) => void;

interface MetricOptions {
  /** Name as Prometheus stores it; counters end with `_total`. */
  name: string;
  help: string;
}

/**
 * Registers a counter. All combinations of label values start at 0, so that `rate()` sees the first increment. Declare it as a
 * constant of a module, or in a constructor if label values depend on the configuration. A second counter with the same name
 * is the same counter: several applications in one process, as in tests, add up.
 *
 * ```ts
 * const logins = counter({ name: 'logins_total', help: 'Logins by result', labels: { result: ['succeeded', 'failed'] } });
 * logins.inc({ result: 'failed' });
 * ```
 * @param options.labels label names with all values that `inc` accepts; an empty list or `string[]` accepts any string, which
 * must come from a bounded set
 */
export function counter(options: MetricOptions): Counter;
export function counter<const Values extends LabelValues>(
  options: MetricOptions & { labels: Values },
): Counter<LabelsOf<Values>>;
export function counter({ name, help, labels = {} }: MetricOptions & { labels?: LabelValues }): Counter {
  const metric =
    (register.getSingleMetric(name) as PromCounter | undefined) ??
    new PromCounter({ name, help, labelNames: Object.keys(labels) });
  for (const combination of combinations(Object.entries(labels))) {
    metric.inc(combination, 0);
  }
  return metric;
}

/**
 * Registers a gauge that is read at each scrape. It replaces a gauge with the same name: of several applications in one process,
 * as in tests, the last one is shown.
 *
 * ```ts
 * gauge({
 *   name: 'queue_length',
 *   help: 'Queued jobs by state',
 *   labels: ['state'],
 *   collect: (set) => {
 *     set(queue.running, { state: 'running' });
 *     set(queue.waiting, { state: 'waiting' });
 *   },
 * });
 * ```
 * @param options.labels label names; their values must come from a bounded set
 * @param options.collect sets all series; a series that it does not set is absent, and a gauge without labels is 0
 */
export function gauge<const Name extends string = never>(
  options: MetricOptions & { labels?: readonly Name[]; collect: (set: SetSeries<Name>) => void },
): void {
  const { name, help, labels = [], collect } = options;
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    labelNames: labels,
    collect() {
      this.reset();
      collect((value, ...[series = {}]) => {
        this.set(series, value);
      });
    },
  });
}

/** All combinations of one value per label; none if a label has no values. */
function combinations(labels: [name: string, values: readonly string[]][]): Record<string, string>[] {
  return labels.reduce<Record<string, string>[]>(
    (shorter, [name, values]) => shorter.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value }))),
    [{}],
  );
}
