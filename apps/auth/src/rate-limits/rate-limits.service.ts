import type { Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActivityService } from '../statistics/index.ts';
import { ownerParts } from './account-keys.ts';
import { tooManyAttempts } from './rate-limits.problems.ts';
import { RateLimitsRepository, type LoginLimits, type RateLimit } from './rate-limits.repository.ts';

/** Rate limits with progressive delays after failures, shared by all replicas. */
@Injectable()
export class RateLimitsService {
  constructor(
    private readonly limits: RateLimitsRepository,
    private readonly activity: ActivityService,
  ) {}

  /**
   * Counts an attempt as failed before its outcome is known; {@link reset}, {@link succeed} or {@link refund} undo that.
   * @throws ProblemException `too_many_attempts` with the seconds to wait
   */
  async consume(limit: RateLimit): Promise<void> {
    await this.consumeAll({ account: limit });
  }

  /** Does what {@link consume} does for the limits of a login. */
  async consumeAll(limits: LoginLimits): Promise<void> {
    await this.assertNotBlocked(await this.limits.consume(limits));
  }

  /**
   * @param blocked the key of the limit that a statement with `consuming` found blocked, if any
   * @throws ProblemException `too_many_attempts` with the seconds to wait
   */
  async assertNotBlocked(blocked: string | null | undefined): Promise<void> {
    if (blocked) {
      this.activity.count('rate_limited');
      throw tooManyAttempts.exception({ retryAfter: await this.limits.secondsBlocked(blocked) });
    }
  }

  /** Forgets the failures that a limit has counted: the attempt succeeded. */
  async reset(on: Queryable, { key }: Pick<RateLimit, 'key'>): Promise<void> {
    await this.limits.reset(on, key);
  }

  /** Forgets the failures that all limits of an account have counted, and returns their number. Limits of IP addresses stay. */
  async lift(on: Queryable, account: { id: string; email: string }): Promise<number> {
    return this.limits.resetOwned(on, ownerParts(account));
  }

  /** Resets the login's own limit and refunds the shared one; best last in a transaction. */
  async succeed(manager: EntityManager, limits: LoginLimits): Promise<void> {
    await this.limits.succeed(manager, limits);
  }

  /** Refunds one attempt: it had no outcome, or it succeeded and others share the limit. */
  async refund(on: Queryable, { key }: RateLimit): Promise<void> {
    await this.limits.refund(on, key);
  }

  /** Takes an attempt back that was never decided. */
  async refundAll(on: Queryable, { account, ip, knownDevices }: LoginLimits): Promise<void> {
    if (knownDevices) {
      await this.limits.refundShared(on, account, knownDevices);
    }
    for (const limit of [account, ip]) {
      if (limit) {
        await this.refund(on, limit);
      }
    }
  }

  /** Deletes limits whose failures are forgotten, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.limits.purge(manager, limit);
  }
}
