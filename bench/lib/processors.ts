import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The numbers of the processors that this process may use; none if the system has no /proc. */
async function allowed(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, list = ''] = /^Cpus_allowed_list:\s*(.*)$/m.exec(status) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 || 0 }, (_, index) => first + index);
  });
}

/** A partition of the processors, as lists for taskset(1): for the measured program, and for everything else. */
export interface Shares {
  measured: string;
  others: string;
  /** Number of processors in `measured`. */
  count: number;
}

/** Halves the processors; undefined if there is only one, or if processes can't be bound. */
export async function halves(): Promise<Shares | undefined> {
  const all = await allowed();
  const count = Math.floor(all.length / 2);
  return count === 0
    ? undefined
    : { measured: all.slice(0, count).join(','), others: all.slice(count).join(','), count };
}

/** Binds a running process, its threads and future children to processors. */
export async function bind(pid: number, processors: string): Promise<void> {
  await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', processors, String(pid)]);
}

/** A command that runs only on some processors, or on all. */
export function boundCommand(processors: string | undefined, command: string, args: string[]): [string, string[]] {
  return processors === undefined ? [command, args] : ['taskset', ['--cpu-list', processors, command, ...args]];
}
