import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The processors that this process may use, as numbers; nothing where the system does not tell. */
async function allowed(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, list = ''] = /^Cpus_allowed_list:\s*(.*)$/m.exec(status) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 || 0 }, (_, index) => first + index);
  });
}

/** The processors of what is measured, and those of all that it needs around it; lists as taskset(1) takes them. */
export interface Shares {
  measured: string;
  around: string;
  /** How many of them are `measured`. */
  count: number;
}

/** Halves the processors; nothing on a machine that has one, or where processes can't be bound. */
export async function halves(): Promise<Shares | undefined> {
  const all = await allowed();
  const count = Math.floor(all.length / 2);
  return count === 0
    ? undefined
    : { measured: all.slice(0, count).join(','), around: all.slice(count).join(','), count };
}

/** Binds a running process, all its threads and what it starts later, to processors. */
export async function bind(pid: number, processors: string): Promise<void> {
  await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', processors, String(pid)]);
}

/** A command that runs on some processors only, or on all. */
export function boundCommand(processors: string | undefined, command: string, args: string[]): [string, string[]] {
  return processors === undefined ? [command, args] : ['taskset', ['--cpu-list', processors, command, ...args]];
}
