import { Logger } from '@nestjs/common';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { niceness } from './niceness.ts';

const threads = '/proc/self/task';

/** Threads for logging, DNS and files. */
const otherThreads = 4;

/**
 * Sizes libuv's thread pool so that hashing never blocks logging. Call it before the first use of the pool, which has only
 * 4 threads by default.
 * @param hashes number of hashes that run concurrently
 */
export function makeThreads(hashes: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(hashes + otherThreads);
}

/**
 * Gives the event loop priority over hashes that compete for the same processor, so that rejecting requests stays fast under
 * overload. Only on Linux, where each thread has its own priority (sched(7)) and libuv names its threads. Call it after a
 * first hash has started the threads.
 */
export function yieldToEventLoop(): void {
  if (process.platform !== 'linux') {
    return;
  }
  try {
    for (const id of readdirSync(threads)) {
      if (readFileSync(`${threads}/${id}/comm`, 'utf8') === 'libuv-worker\n') {
        setPriority(Number(id), niceness);
      }
    }
  } catch (error) {
    // a sandbox may forbid it; the service works without it
    new Logger('HashThreads').warn(`the priority of hash threads could not be lowered: ${String(error)}`);
  }
}
