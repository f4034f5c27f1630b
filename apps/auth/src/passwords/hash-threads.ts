import { Logger } from '@nestjs/common';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { niceness } from './niceness.ts';

const threads = '/proc/self/task';

/** For what else needs a thread: lines of log, names to look up, files. */
const otherThreads = 4;

/**
 * Lets so many hashes run at once, and lines of log not wait for them: libuv has 4 threads for all of that unless told otherwise
 * before it starts them, at their first use.
 */
export function makeThreads(hashes: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(hashes + otherThreads);
}

/**
 * Lets the event loop come first where it and hashes want the same processor: else each of the hashes, which take all they can
 * get, has as good a claim as all requests together, and refusals wait for what they are to protect. On Linux, where each thread
 * has a priority of its own (sched(7)) and libuv names its threads; to be called when those have been started, by a first hash.
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
    // a sandbox may forbid it, and all works without
    new Logger('HashThreads').warn(`hashes keep the priority of the event loop: ${String(error)}`);
  }
}
