import PQueue from 'p-queue';
import { hashQueueFull } from './passwords.problems.ts';

/** Of each new time in the running mean of them. */
const newest = 0.1;

/** Runs what is done with passwords a few at a time, since it takes memory and time; refuses at once what would wait too long. */
export class BoundedQueue {
  private readonly queue: PQueue;
  private readonly maxWaiting: number;
  private readonly maxWaitMs: number;
  /** Places held for work to come. */
  private held = 0;
  /** How long a piece of work takes lately; from nothing, since the first ones are as slow as everything is at start-up. */
  private meanMs = 0;

  /**
   * @param concurrency what runs at once
   * @param maxWaiting what may wait
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

  /** Whether what came now would be let in. */
  get hasRoom(): boolean {
    const ahead = this.waiting + this.held;
    return ahead < this.maxWaiting && (ahead / this.queue.concurrency) * this.meanMs <= this.maxWaitMs;
  }

  /**
   * Keeps a place for work that follows what is prepared for it, so that nothing is prepared in vain.
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
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
    return new Promise((resolve, reject) => {
      let waitsTooLong = false;
      const timer = setTimeout(() => {
        waitsTooLong = true;
        reject(hashQueueFull.exception({ retryAfter: 1 }));
      }, this.maxWaitMs);
      // by a signal, the queue itself could drop it: at the price of a race and two listeners each time
      void this.queue.add(async () => {
        clearTimeout(timer);
        if (!waitsTooLong) {
          await this.timed(work).then(resolve, reject);
        }
      });
    });
  }

  private assertRoom(): void {
    if (!this.hasRoom) {
      throw hashQueueFull.exception({ retryAfter: 1 });
    }
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    const took = performance.now() - began;
    this.meanMs += newest * (took - this.meanMs);
    return result;
  }
}
