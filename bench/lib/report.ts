import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../tools/built.ts';
import { spreadOf, type Compared, type Spread } from './rounds.ts';

/** A Markdown table with aligned columns. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export const number = (value: number | undefined, digits = 2): string =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits);

/** Median and, in parentheses, minimum and maximum. */
export const spread = ({ median, min, max }: Spread, digits = 2): string =>
  `${number(median, digits)} (${number(min, digits)}–${number(max, digits)})`;

export function comparedTable(compared: Compared[]): string {
  return table(
    [
      '',
      'control',
      'goal',
      'ratio',
      'CPU ratio',
      '/s',
      'control /s',
      'p50 ms',
      'p99 ms',
      'CPU ms',
      'control',
      'DB ms',
      'errors',
    ],
    compared.map(({ name, control, goal, ratio, cpuRatio, rounds }) => {
      const of = (pick: (round: Compared['rounds'][number]) => number | undefined, digits: number) =>
        number(spreadOf(rounds.map((round) => pick(round) ?? NaN)).median, digits);
      return [
        name,
        control,
        goal === undefined ? '' : `≥ ${goal.toFixed(2)}`,
        spread(ratio),
        spread(cpuRatio),
        of(({ subject }) => subject.perSecond, 0),
        of((round) => round.control.perSecond, 0),
        of(({ subject }) => subject.p50, 1),
        of(({ subject }) => subject.p99, 1),
        of(({ subject }) => subject.cpuMs, 3),
        of((round) => round.control.cpuMs, 3),
        of(({ subject }) => subject.databaseMs, 3),
        String(rounds.reduce((sum, { subject, control: bare }) => sum + subject.errors + bare.errors, 0)),
      ];
    }),
  );
}

/**
 * Writes all figures as JSON.
 * @returns the file's path
 */
export async function saveResults(name: string, results: object): Promise<string> {
  const folder = join(root, '.cache', 'bench');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, JSON.stringify(results, null, 2));
  return file;
}
