import PQueue from 'p-queue';
import { Counter } from 'prom-client';
import type { HashScheme } from './formats/password-hash.ts';
import { hashQueueFull } from './passwords.problems.ts';

const hashes = new Counter({
  name: 'auth_password_hashes_total',
  help: 'Password hashes computed by scheme',
  labelNames: ['scheme'],
});

/** Of each new hash in the running mean of their times. */
const newest = 0.1;

/** Runs hashes a few at a time, since each takes memory; refuses at once what would wait too long. */
export class HashQueue {
  private readonly queue: PQueue;
  private readonly maxWaiting: number;
  private readonly maxWaitMs: number;
  /** Places held for hashes to come. */
  private held = 0;
  /** How long a hash takes lately; from nothing, since the first ones are as slow as everything is at start-up. */
  private meanMs = 0;

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

  /** Whether a hash that came now would be let in. */
  get hasRoom(): boolean {
    const ahead = this.waiting + this.held;
    return ahead < this.maxWaiting && (ahead / this.queue.concurrency) * this.meanMs <= this.maxWaitMs;
  }

  /**
   * Keeps a place for a hash that follows what is prepared for it, so that nothing is prepared in vain.
   * @throws ProblemException `hash_queue_full` at once if the queue is full
   */
  async holdPlace<T>(prepare: () => Promise<T>): Promise<T> {
    this.assertRoom();
    this.held += 1;
    try {
      return await prepare();
    } finally {
      this.held -= 1;
    }
  }

  /** @throws ProblemException `hash_queue_full` at once if the queue is full, or after the longest wait */
  async run<T>(scheme: HashScheme, hash: () => Promise<T>): Promise<T> {
    this.assertRoom();
    return new Promise((resolve, reject) => {
      let waitsTooLong = false;
      const timer = setTimeout(() => {
        waitsTooLong = true;
        reject(hashQueueFull.exception({ retryAfter: 1 }));
      }, this.maxWaitMs);
      // by a signal, the queue itself could drop it: at the price of a race and two listeners for each hash
      void this.queue.add(async () => {
        clearTimeout(timer);
        if (!waitsTooLong) {
          hashes.inc({ scheme });
          await this.timed(hash).then(resolve, reject);
        }
      });
    });
  }

  private assertRoom(): void {
    if (!this.hasRoom) {
      throw hashQueueFull.exception({ retryAfter: 1 });
    }
  }

  private async timed<T>(hash: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await hash();
    const took = performance.now() - began;
    this.meanMs += newest * (took - this.meanMs);
    return result;
  }
}
