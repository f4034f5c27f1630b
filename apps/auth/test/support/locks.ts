import type { PoolClient } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestService } from './service.ts';

/**
 * Makes statements meet: runs `hold` in a transaction, sends the requests, and commits once as many of them wait for a lock,
 * or after a while.
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
    for (let waiting = 0, tries = 0; waiting < requests.length && tries < 50; tries += 1) {
      await sleep(20);
      const { rows } = await database.query(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      waiting = rows[0].count;
    }
    await client.query('COMMIT');
    return await Promise.all(answers);
  } finally {
    client.release();
  }
}
