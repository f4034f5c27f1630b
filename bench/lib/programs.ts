import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundCommand } from './processors.ts';

/** A server under measurement, in a process of its own. */
export interface Program {
  pid: number;
  url: string;
  /** From its start until it said that it listens, in ms. */
  startMs: number;
  /** Ends it as Kubernetes does, and waits for that. */
  stop: () => Promise<void>;
}

/** What a process has used so far. */
export interface Usage {
  /** Time on a processor, in ms. */
  cpuMs: number;
  /** Memory in use now, in MiB. */
  rssMiB: number;
  /** The most memory it ever used, in MiB. */
  peakMiB: number;
}

const readyTimeoutMs = 60_000;
/** `USER_HZ` is 100 wherever Linux tells of it (proc(5)). */
const msPerTick = 10;

/**
 * Starts a server by the Node.js that runs this; its output goes to a file, as a container's does. It is ready when it has
 * written a JSON line with the `url` it listens at.
 * @param log file for its output
 * @param flags of Node.js
 * @param processors those that it may use; all without it
 * @throws Error with the log unless it is ready within a minute
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
  const url = await listening(child, log, started);
  return { pid: child.pid ?? 0, url, startMs: performance.now() - started, stop: () => end(child) };
}

async function listening(child: ChildProcess, log: string, started: number): Promise<string> {
  while (performance.now() - started < readyTimeoutMs && child.exitCode === null) {
    const url = /"url":"([^"]+)"/.exec(await readFile(log, 'utf8'))?.[1];
    if (url !== undefined) {
      return url;
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

/** Waits until a process has done what it was asked for, hashes of connections that are gone say; 10 s at most. */
export async function rested(pid: number): Promise<void> {
  const until = performance.now() + 10_000;
  let before = -Infinity;
  let now = (await usageOf(pid)).cpuMs;
  while (now - before > msPerTick && performance.now() < until) {
    await sleep(100);
    before = now;
    now = (await usageOf(pid)).cpuMs;
  }
}

/** What a process has used, from /proc (Linux). */
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

/** Time on a processor of a process and its children, those that have ended too, in ms. */
export async function cpuOfTree(pid: number): Promise<number> {
  const fields = (await read(pid, 'stat')).replace(/^.*\) /s, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
  const children = (await read(pid, `task/${pid}/children`)).split(' ').filter((id) => id !== '');
  const theirs = await Promise.all(children.map(async (id) => (await usageOf(Number(id)).catch(() => none)).cpuMs));
  return theirs.reduce((sum, ms) => sum + ms, own);
}

const none: Usage = { cpuMs: 0, rssMiB: 0, peakMiB: 0 };

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8');
