import { queryRow, sql } from '#common';
import type { EntityManager } from 'typeorm';

/** Arbitrary key of the advisory lock that the deleting replica holds. */
export const retentionLock = 7_305_642;

/**
 * Runs a job while this replica holds the lock. The lock lasts as long as the transaction, so that a crash releases it.
 * @returns undefined if another replica holds the lock
 */
export async function withRetentionLock<T>(manager: EntityManager, job: () => Promise<T>): Promise<T | undefined> {
  const lock = await queryRow<{ held: boolean }>(
    manager,
    sql`/* housekeeping.lock */ SELECT pg_try_advisory_xact_lock(${retentionLock}) AS held`,
  );
  return lock?.held ? job() : undefined;
}
