import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { DummyHashes } from '../passwords/index.ts';
import { KeyRotationService } from '../signing-keys/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { ActivityService } from '../statistics/index.ts';
import { RetentionService } from './retention.service.ts';

const intervalMs = 30_000;

/** Runs the periodic jobs: rotates signing keys, reloads dummy hashes, counts sessions and deletes expired rows. Every replica may run it concurrently. */
@Injectable()
export class HousekeepingService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HousekeepingService.name);
  private timer: NodeJS.Timeout;
  private running = Promise.resolve();

  constructor(
    private readonly keyRotation: KeyRotationService,
    private readonly dummyHashes: DummyHashes,
    private readonly retention: RetentionService,
    private readonly sessions: SessionsService,
    private readonly activity: ActivityService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.dummyHashes.load().catch((error: unknown) => {
      // the service starts without them; the next round tries again
      this.logger.warn(error, 'dummy hashes could not be loaded');
    });
    this.timer = setInterval(() => {
      this.running = this.runRound();
    }, intervalMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Runs each job once. A job that fails is logged, and the next round tries it again. */
  async runRound(): Promise<void> {
    const results = await Promise.allSettled([
      this.keyRotation.maintain(),
      this.dummyHashes.load(),
      this.retention.purgeExpired(),
      this.countSessions(),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') {
        this.logger.error(result.reason, 'housekeeping failed');
      }
    }
  }

  private async countSessions(): Promise<void> {
    const { value } = await this.sessions.countActive();
    await this.activity.noteSessions(value);
  }
}
