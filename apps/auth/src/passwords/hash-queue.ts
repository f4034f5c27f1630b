import PQueue from 'p-queue';
import { Counter } from 'prom-client';
import type { HashScheme } from './formats/password-hash.ts';
import { hashQueueFull } from './passwords.problems.ts';

const hashes = new Counter({
  name: 'auth_password_hashes_total',
  help: 'Password hashes computed by scheme',
  labelNames: ['scheme'],
});

/** Runs hashes a few at a time, since each takes memory; refuses what would wait too long. */
export class HashQueue {
  private readonly queue: PQueue;
  private readonly maxWaiting: number;
  private readonly maxWaitMs: number;

  /**
   * @param concurrency hashes at once
   * @param maxWaiting hashes that may wait
   * @param maxWaitMs longest wait, in ms
   */
  constructor(concurrency: number, maxWaiting: number, maxWaitMs: number) {
    this.queue = new PQueue({ concurrency });
    this.maxWaiting = maxWaiting;
    this.maxWaitMs = maxWaitMs;
  }

  get waiting(): number {
    return this.queue.size;
  }

  get running(): number {
    return this.queue.pending;
  }

  /** @throws ProblemException `hash_queue_full` if the queue is full */
  assertRoom(): void {
    if (this.waiting >= this.maxWaiting) {
      throw hashQueueFull.exception({ retryAfter: 1 });
    }
  }

  /** @throws ProblemException `hash_queue_full` at once if the queue is full, or after the longest wait */
  async run<T>(scheme: HashScheme, hash: () => Promise<T>): Promise<T> {
    this.assertRoom();
    const waitedTooLong = new AbortController();
    const timer = setTimeout(() => {
      waitedTooLong.abort(hashQueueFull.exception({ retryAfter: 1 }));
    }, this.maxWaitMs);
    return this.queue.add(
      () => {
        clearTimeout(timer);
        hashes.inc({ scheme });
        return hash();
      },
      { signal: waitedTooLong.signal },
    );
  }
}
