import { RepeatedJob } from '#common';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  ActivityRepository,
  type ActivityBucket,
  type ActivityCounts,
  type ActivityKind,
  type ActivityPeriod,
} from './activity.repository.ts';

const flushMs = 5000;

/**
 * Counts logins, registrations and rejected attempts in memory, and adds them to the database every 5 s by one statement: however
 * many attempts an attack makes, they cost no query and no row each. A crash loses the last seconds.
 */
@Injectable()
export class ActivityService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ActivityService.name);
  private readonly job = new RepeatedJob(flushMs, () => this.flush());
  private pending: ActivityCounts = {};

  constructor(private readonly repository: ActivityRepository) {}

  onApplicationBootstrap(): void {
    this.job.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.job.stop();
    await this.flush();
  }

  count(kind: ActivityKind): void {
    this.add({ [kind]: 1 });
  }

  /** The counts of a period, the oldest first, with those that this replica has not stored yet. */
  async list(period: ActivityPeriod): Promise<ActivityBucket[]> {
    await this.flush();
    return this.repository.list(period);
  }

  /** Notes how many sessions are active. */
  noteSessions(count: number): Promise<void> {
    return this.repository.noteSessions(count);
  }

  /** Deletes counts that no period shows any longer, and returns how many. */
  purge(manager: EntityManager): Promise<number> {
    return this.repository.purge(manager);
  }

  private add(counts: ActivityCounts): void {
    for (const [kind, count] of Object.entries(counts) as [ActivityKind, number][]) {
      this.pending[kind] = (this.pending[kind] ?? 0) + count;
    }
  }

  private async flush(): Promise<void> {
    const counts = this.pending;
    if (Object.keys(counts).length === 0) {
      return;
    }
    this.pending = {};
    try {
      await this.repository.add(counts);
    } catch (error) {
      this.add(counts);
      this.logger.warn(error, 'activity could not be counted, retrying later');
    }
  }
}
