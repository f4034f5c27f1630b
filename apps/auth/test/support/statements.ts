import pg from 'pg';

// eslint-disable-next-line @typescript-eslint/unbound-method
const original = pg.Client.prototype.query;

/**
 * Records the statements that this process sends.
 * @param isRecorded asked for each statement
 * @returns what was recorded so far, and what ends it
 */
export function recordStatements(isRecorded: () => boolean): { sent: string[]; stop: () => void } {
  const sent: string[] = [];
  pg.Client.prototype.query = function (this: pg.Client, ...call: unknown[]) {
    const { text = call[0] } = Object(call[0]);
    if (typeof text === 'string' && isRecorded()) {
      sent.push(text.replaceAll(/\s+/g, ' ').trim());
    }
    return (original as (...call: unknown[]) => unknown).apply(this, call);
  } as typeof original;
  const stop = () => {
    pg.Client.prototype.query = original;
  };
  return { sent, stop };
}

/** Whether a statement has a plan. */
export const isPlanned = (text: string) => /^(\/\* \S+ \*\/ )?(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(text);

/** The generic plan of a statement, as PostgreSQL uses it for prepared statements. */
export async function planOf(database: pg.Pool, statement: string, setting = 'enable_seqscan = on'): Promise<string> {
  const connection = await database.connect();
  await connection.query(`SET ${setting}`);
  const { rows } = await connection.query(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${statement}`);
  connection.release();
  return rows.map((row) => `  ${row['QUERY PLAN']}`).join('\n');
}
