import PQueue from 'p-queue';
import { hashQueueFull } from './passwords.problems.ts';

/** Weight of a new duration in the running mean. */
const newest = 0.1;

/** Runs password work with bounded concurrency, because it takes memory and time. Rejects work that would wait too long. */
export class BoundedQueue {
  private readonly queue: PQueue;
  private readonly maxWaiting: number;
  private readonly maxWaitMs: number;
  /** Places reserved for future work. */
  private held = 0;
  /** Running mean of durations, in ms. Starts at 0, because the first ones are slow like everything at startup. */
  private meanMs = 0;

  /**
   * @param concurrency number of tasks that run concurrently
   * @param maxWaiting number of tasks that may wait
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

  /** Whether a new task would be accepted. */
  get hasRoom(): boolean {
    const ahead = this.waiting + this.held;
    return ahead < this.maxWaiting && (ahead / this.queue.concurrency) * this.meanMs <= this.maxWaitMs;
  }

  /**
   * Reserves a place while `prepare` runs, so that nothing is prepared for work that would be rejected.
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
      // an abort signal could drop the task from the queue, but costs a race and two listeners for each task
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
