import { RepeatedJob } from '../lifecycle/repeated-job.ts';

/** An outbox whose items each have a receiver. */
export interface FairOutbox<Item> {
  /** Receivers that get items at the same time. */
  maxReceivers: number;
  /** Items that a receiver gets at the same time. */
  batchSize: number;
  /**
   * The ids of receivers with items that are due, in random order: none of them waits behind the backlog of others.
   * @param except ids of receivers to leave out
   */
  dueReceivers(limit: number, except: string[]): Promise<string[]>;
  /** Takes items of a receiver that are due, in one atomic statement: each goes to one replica only. */
  take(receiverId: string, limit: number): Promise<Item[]>;
  /** @returns whether the receiver has accepted the item */
  deliver(item: Item): Promise<boolean>;
  /** Runs at each poll. */
  observe(): Promise<void>;
  onError(error: unknown): void;
}

const pollMs = 1000;

/** Delivers what is in an outbox. Receivers are served independently: one that does not respond delays only its own items. */
export class FairDelivery<Item> {
  private readonly outbox: FairOutbox<Item>;
  private readonly job = new RepeatedJob(pollMs, () => this.poll());
  /** The deliveries that go on, by the id of their receiver. */
  private readonly deliveries = new Map<string, Promise<void>>();
  private isStopping = false;

  constructor(outbox: FairOutbox<Item>) {
    this.outbox = outbox;
  }

  start(): void {
    this.job.start();
  }

  /** Waits for the attempts under way, and begins no other. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.job.stop();
    await Promise.all(this.deliveries.values());
  }

  private async poll(): Promise<void> {
    try {
      const busy = [...this.deliveries.keys()];
      for (const id of await this.outbox.dueReceivers(this.outbox.maxReceivers - busy.length, busy)) {
        this.deliveries.set(id, this.deliverTo(id));
      }
      await this.outbox.observe();
    } catch (error) {
      this.outbox.onError(error);
    }
  }

  /** Delivers what is due to a receiver until an attempt fails: then other receivers get their turn first. */
  private async deliverTo(receiverId: string): Promise<void> {
    const { batchSize } = this.outbox;
    try {
      for (let more = true; more && !this.isStopping;) {
        const batch = await this.outbox.take(receiverId, batchSize);
        const delivered = await Promise.all(batch.map((item) => this.outbox.deliver(item)));
        more = batch.length === batchSize && delivered.every(Boolean);
      }
    } catch (error) {
      this.outbox.onError(error);
    } finally {
      this.deliveries.delete(receiverId);
    }
  }
}
