/** Runs a job at an interval, one run at a time. A run that takes longer than the interval delays the next one. */
export class RepeatedJob {
  private readonly job: () => Promise<void>;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /**
   * @param intervalMs between the starts of two runs
   * @param job handles its own errors
   */
  constructor(intervalMs: number, job: () => Promise<void>) {
    this.intervalMs = intervalMs;
    this.job = job;
  }

  /** The first run begins after one interval. */
  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.job().finally(() => {
        this.running = undefined;
      });
    }, this.intervalMs);
  }

  /** Waits for the current run, and begins no other. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }
}
