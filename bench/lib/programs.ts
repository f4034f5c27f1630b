import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundCommand } from './processors.ts';

/** A measured server, in a process of its own. */
export interface Program {
  pid: number;
  url: string;
  /** Time from its start until it listened, in ms. */
  startMs: number;
  /** Stops it with SIGTERM, as Kubernetes does, and waits for its exit. */
  stop: () => Promise<void>;
}

/** Resource usage of a process so far. */
export interface Usage {
  /** Processor time in ms. */
  cpuMs: number;
  /** Current memory in MiB. */
  rssMiB: number;
  /** Peak memory in MiB. */
  peakMiB: number;
}

const readyTimeoutMs = 180_000;
/** `USER_HZ` is 100 on Linux (proc(5)). */
const msPerTick = 10;

/**
 * Starts a server with the current Node.js. Its output goes to a file. It is ready once it has written a JSON line with its `url`, and
 * with the `pid` of its process if it starts another one.
 * @param log file for its output
 * @param flags flags of Node.js
 * @param processors processors that it may use; by default all
 * @throws Error with the log if it is not ready within three minutes
 */
export async function startProgram(
  path: string,
  environment: NodeJS.ProcessEnv,
  log: string,
  flags: string[] = [],
  processors?: string,
): Promise<Program> {
  const started = performance.now();
  const output = await open(log, 'w');
  const child = spawn(...boundCommand(processors, process.execPath, [...flags, path]), {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', output.fd, output.fd],
  });
  await output.close();
  const { url, pid = child.pid ?? 0 } = await listening(child, log, started);
  return { pid, url, startMs: performance.now() - started, stop: () => end(child) };
}

async function listening(child: ChildProcess, log: string, started: number): Promise<{ url: string; pid?: number }> {
  while (performance.now() - started < readyTimeoutMs && child.exitCode === null) {
    const line = (await readFile(log, 'utf8')).split('\n').find((text) => text.includes('"url":"'));
    if (line?.endsWith('}')) {
      return JSON.parse(line) as { url: string; pid?: number };
    }
    await sleep(5);
  }
  await end(child);
  throw new Error(`a program did not start: ${await readFile(log, 'utf8')}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** Waits until a process is idle, for example after hashes for closed connections. Waits at most 10 s. */
export async function untilIdle(pid: number): Promise<void> {
  const until = performance.now() + 10_000;
  let before = -Infinity;
  let now = (await usageOf(pid)).cpuMs;
  while (now - before > msPerTick && performance.now() < until) {
    await sleep(100);
    before = now;
    now = (await usageOf(pid)).cpuMs;
  }
}

/** Resource usage of a process, from /proc (Linux). */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([read(pid, 'stat'), read(pid, 'status')]);
  // the fields after the command, which is in parentheses and may contain anything
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerTick,
    rssMiB: mebibytes('VmRSS'),
    peakMiB: mebibytes('VmHWM'),
  };
}

/** Processor time of a process and its children, including those that have exited, in ms. */
export async function cpuOfTree(pid: number): Promise<number> {
  const fields = (await read(pid, 'stat')).replace(/^.*\) /s, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
  const children = (await read(pid, `task/${pid}/children`)).split(' ').filter((id) => id !== '');
  const theirs = await Promise.all(children.map(async (id) => (await usageOf(Number(id)).catch(() => none)).cpuMs));
  return theirs.reduce((sum, ms) => sum + ms, own);
}

const none: Usage = { cpuMs: 0, rssMiB: 0, peakMiB: 0 };

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8');
