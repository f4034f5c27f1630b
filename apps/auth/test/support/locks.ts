import type { Pool, PoolClient } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestService } from './service.ts';

/** Less than statements under test may wait for a lock. */
const meetMs = 5000;

/**
 * Makes statements collide: runs `hold` in a transaction, sends the requests, and commits once all of them wait for a lock or
 * are answered, or after five seconds.
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
    let answered = 0;
    const answers = requests.map((send) => send().finally(() => (answered += 1)));
    for (const end = Date.now() + meetMs; Date.now() < end;) {
      await sleep(20);
      if (answered + (await waiting(database)) >= requests.length) {
        break;
      }
    }
    await client.query('COMMIT');
    return await Promise.all(answers);
  } finally {
    client.release();
  }
}

/**
 * Makes a change while a request waits for the lock on its account.
 * @returns the response to the request
 */
export async function meanwhile<T>(
  { database }: TestService,
  {
    email,
    request,
    change,
  }: { email: string; request: () => Promise<T>; change: (on: PoolClient) => Promise<unknown> },
): Promise<T> {
  const holder = await database.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM account WHERE email = $1 FOR NO KEY UPDATE', [email]);
    const response = request();
    await untilWaiting(database, 1);
    await change(holder);
    await holder.query('COMMIT');
    return await response;
  } finally {
    // nothing is left to undo after a commit
    await holder.query('ROLLBACK');
    holder.release();
  }
}

/** Waits until as many statements wait for a lock, for a minute at most. */
export async function untilWaiting(database: Pool, count: number): Promise<void> {
  for (const end = Date.now() + 60_000; (await waiting(database)) < count && Date.now() < end;) {
    await sleep(20);
  }
}

/** How many statements wait for a lock now. */
async function waiting(database: Pool): Promise<number> {
  const { rows } = await database.query(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows[0].count;
}
