import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { AttemptsService } from '../attempts/index.ts';
import { KeysService } from '../keys/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import { PasskeysService } from '../passkeys/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { FlowsService } from '../social-login/index.ts';

const intervalMs = 30_000;

/** Does regularly what no request does: rotates keys, deletes what has expired. Safe on any number of replicas at once. */
@Injectable()
export class HousekeepingService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HousekeepingService.name);
  private timer: NodeJS.Timeout;
  private running = Promise.resolve();

  constructor(
    private readonly keys: KeysService,
    private readonly sessions: SessionsService,
    private readonly attempts: AttemptsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly socialFlows: FlowsService,
    private readonly passkeys: PasskeysService,
  ) {}

  onApplicationBootstrap(): void {
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
    const results = await Promise.allSettled([
      this.keys.maintain(),
      this.sessions.purge(),
      this.attempts.purge(),
      this.oneTimeTokens.purge(),
      this.socialFlows.purge(),
      this.passkeys.purge(),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') {
        this.logger.error(result.reason, 'housekeeping failed');
      }
    }
  }
}
