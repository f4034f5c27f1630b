import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { SigningKeysService } from '../signing-keys/index.ts';
import { DummyHashes } from '../passwords/index.ts';
import { RetentionService } from './retention.service.ts';

const intervalMs = 30_000;

/** Does regularly what no request does: rotates keys, deletes what has expired. Safe on any number of replicas at once. */
@Injectable()
export class HousekeepingService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HousekeepingService.name);
  private timer: NodeJS.Timeout;
  private running = Promise.resolve();

  constructor(
    private readonly keys: SigningKeysService,
    private readonly decoys: DummyHashes,
    private readonly retention: RetentionService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.decoys.load().catch((error: unknown) => {
      // not a reason to die: the next round tries again
      this.logger.warn(error, 'the kinds of imported hashes could not be read');
    });
    this.timer = setInterval(() => {
      this.running = this.run();
    }, intervalMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round; a failed part is logged and tried again in the next. */
  async run(): Promise<void> {
    const results = await Promise.allSettled([this.keys.maintain(), this.decoys.load(), this.retention.run()]);
    for (const result of results) {
      if (result.status === 'rejected') {
        this.logger.error(result.reason, 'housekeeping failed');
      }
    }
  }
}
