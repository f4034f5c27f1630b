import { hashQueueFull } from './passwords.problems.ts';

/** Weight of a new duration in the running mean. */
const newest = 0.1;

/** Work that waits. */
interface Task {
  start: () => Promise<void>;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
}

/**
 * Runs password work with bounded concurrency, because it takes memory and time. Rejects work that would wait too long. Clients
 * that wait take turns, so that one with much work delays the others by one task each. If no place is free, a client with less
 * work takes the last place of the one with the most.
 */
export class BoundedQueue {
  readonly concurrency: number;
  private readonly maxWaiting: number;
  private readonly maxWaitMs: number;
  /** Waiting tasks by client, the next client first; none is empty. */
  private readonly lines = new Map<string, Task[]>();
  /** Places reserved for future work, by client. */
  private readonly held = new Map<string, number>();
  private waitingTasks = 0;
  private heldPlaces = 0;
  private runningTasks = 0;
  /** Running mean of durations, in ms. Starts at 0, because the first ones are slow like everything at startup. */
  private meanMs = 0;

  /**
   * @param concurrency number of tasks that run concurrently
   * @param maxWaiting number of tasks that may wait
   * @param maxWaitMs longest wait, in ms, except that of the next tasks for those that run
   */
  constructor(concurrency: number, maxWaiting: number, maxWaitMs: number) {
    this.concurrency = concurrency;
    this.maxWaiting = maxWaiting;
    this.maxWaitMs = maxWaitMs;
  }

  get waiting(): number {
    return this.waitingTasks;
  }

  get running(): number {
    return this.runningTasks;
  }

  /** Whether a new task of a client would be accepted. */
  hasRoom(client: string): boolean {
    if ((this.aheadOf(client) / this.concurrency) * this.meanMs > this.maxWaitMs) {
      return false;
    }
    return !this.isFull || this.longerLine(client) !== undefined;
  }

  /**
   * Reserves a place while `prepare` runs, so that nothing is prepared for work that would be rejected.
   * @throws ProblemException `hash_queue_full` at once if the queue is full
   */
  async holdPlace<T>(client: string, prepare: () => Promise<T>): Promise<T> {
    this.makeRoom(client);
    this.hold(client, 1);
    try {
      return await prepare();
    } finally {
      this.hold(client, -1);
    }
  }

  /** @throws ProblemException `hash_queue_full` at once if the queue is full, or after the longest wait */
  async run<T>(client: string, work: () => Promise<T>): Promise<T> {
    this.makeRoom(client);
    return new Promise((resolve, reject) => {
      const task: Task = {
        start: () => this.timed(work).then(resolve, reject),
        reject,
        timer: setTimeout(() => {
          // one of the next starts when running work ends, which is sooner than a repeated request
          if (!this.isAmongNext(client, task)) {
            this.drop(client, task);
          }
        }, this.maxWaitMs),
      };
      const line = this.lines.get(client);
      if (line) {
        line.push(task);
      } else {
        this.lines.set(client, [task]);
      }
      this.waitingTasks += 1;
      this.startNext();
    });
  }

  private get isFull(): boolean {
    return this.waitingTasks + this.heldPlaces >= this.maxWaiting;
  }

  /** The number of a client's tasks that wait or have a place. */
  private loadOf(client: string): number {
    return (this.lines.get(client)?.length ?? 0) + (this.held.get(client) ?? 0);
  }

  /** The number of tasks that start before a new one of a client: its own, and as many of each other client and one more. */
  private aheadOf(client: string): number {
    const own = this.loadOf(client);
    let ahead = own;
    for (const other of new Set([...this.lines.keys(), ...this.held.keys()])) {
      ahead += other === client ? 0 : Math.min(this.loadOf(other), own + 1);
    }
    return ahead;
  }

  /** Whether a task starts with the end of work that runs now. */
  private isAmongNext(client: string, task: Task): boolean {
    return this.lines.get(client)?.[0] === task && [...this.lines.keys()].indexOf(client) < this.concurrency;
  }

  /** The client with the most waiting tasks, if it has more than another would have with one more. */
  private longerLine(client: string): string | undefined {
    let most = this.loadOf(client) + 1;
    let longest: string | undefined;
    for (const [other, { length }] of this.lines) {
      if (length > most) {
        [most, longest] = [length, other];
      }
    }
    return longest;
  }

  private makeRoom(client: string): void {
    if (!this.hasRoom(client)) {
      throw hashQueueFull.exception({ retryAfter: 1 });
    }
    const longest = this.isFull ? this.longerLine(client) : undefined;
    const last = longest === undefined ? undefined : this.lines.get(longest)?.at(-1);
    if (longest !== undefined && last) {
      this.drop(longest, last);
    }
  }

  /** Rejects a task that waits. */
  private drop(client: string, task: Task): void {
    const line = this.lines.get(client) ?? [];
    line.splice(line.indexOf(task), 1);
    if (line.length === 0) {
      this.lines.delete(client);
    }
    this.waitingTasks -= 1;
    clearTimeout(task.timer);
    task.reject(hashQueueFull.exception({ retryAfter: 1 }));
  }

  private hold(client: string, change: 1 | -1): void {
    const places = (this.held.get(client) ?? 0) + change;
    if (places === 0) {
      this.held.delete(client);
    } else {
      this.held.set(client, places);
    }
    this.heldPlaces += change;
  }

  private startNext(): void {
    for (const [client, line] of this.lines) {
      if (this.runningTasks >= this.concurrency) {
        return;
      }
      const task = line.shift();
      // the client's next turn comes after those of all others
      this.lines.delete(client);
      if (line.length > 0) {
        this.lines.set(client, line);
      }
      if (task) {
        this.waitingTasks -= 1;
        clearTimeout(task.timer);
        void this.start(task);
      }
    }
  }

  private async start(task: Task): Promise<void> {
    this.runningTasks += 1;
    await task.start();
    this.runningTasks -= 1;
    this.startNext();
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    const took = performance.now() - began;
    this.meanMs += newest * (took - this.meanMs);
    return result;
  }
}
