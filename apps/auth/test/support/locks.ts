import type { Pool, PoolClient } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestService } from './service.ts';

/**
 * Makes statements collide: runs `hold` in a transaction, sends the requests, and commits once all of them wait for a lock,
 * or after a second.
 */
export async function meet<T>(
  { database }: TestService,
  hold: (client: PoolClient) => Promise<unknown>,
  requests: (() => Promise<T>)[],
): Promise<T[]> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    await hold(client);
    const answers = requests.map((send) => send());
    await untilWaiting(database, requests.length);
    await client.query('COMMIT');
    return await Promise.all(answers);
  } finally {
    client.release();
  }
}

/** Waits until as many statements wait for a lock, a second at most. */
export async function untilWaiting(database: Pool, count: number): Promise<void> {
  for (let waiting = 0, tries = 0; waiting < count && tries < 50; tries += 1) {
    await sleep(20);
    const { rows } = await database.query(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    waiting = rows[0].count;
  }
}
