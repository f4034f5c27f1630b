import { queryRows } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { tooManyAttempts } from './rate-limits.problems.ts';

/** Who or what attempts are counted against. */
export interface RateLimit {
  key: string;
  /** Attempts that may fail before each further one has to wait. */
  burst: number;
}

/** The limits of one attempt: what shuts on failures, and what a success only takes its account attempt back from. */
export interface RateLimits {
  account: RateLimit;
  ip?: RateLimit;
}

const forgetAfterSeconds = 3600;
const maxDelaySeconds = 900;

/**
 * Until when the limit is blocked after the nth failure: not at all within the burst, then for 1 s, 2 s, 4 s …. Not `now()` for
 * an open limit: a transaction that began a moment earlier would find it blocked.
 */
const shutUntil = (failures: string, burst: string) =>
  `CASE WHEN ${failures} < ${burst} THEN '-infinity'::timestamptz
     ELSE now() + make_interval(secs => least(${String(maxDelaySeconds)}, power(2, least(${failures} - ${burst}, 20)))) END`;

const forgotten = `a.updated_at < now() - make_interval(secs => ${String(forgetAfterSeconds)})`;
const nextCount = `(CASE WHEN ${forgotten} THEN 1 ELSE a.failures + 1 END)`;

/** Counts an attempt at the limit of two parameters unless it is blocked. */
const reserveOne = (key: string, burst: string, condition: string) => `
  INSERT INTO attempt AS a (key, failures, blocked_until, updated_at)
  SELECT ${key}, 1, ${shutUntil('1', burst)}, now() WHERE ${condition}
  ON CONFLICT (key) DO UPDATE
    SET failures = ${nextCount}, blocked_until = ${shutUntil(nextCount, burst)}, updated_at = now()
    WHERE a.blocked_until <= now()
  RETURNING failures`;

/**
 * Common table expressions that count an attempt in one atomic statement, whose first parameters are of {@link gateParameters}:
 * of any number of attempts at once, on any number of replicas, no more than the burst get past a limit. The second limit, if
 * there is one, counts only what the first lets through. The last one, `reserved`, has one row with the limit that is `blocked`.
 */
export const reserving = `
  first AS (${reserveOne('$1', '$2::int', 'true')}),
  second AS (${reserveOne('$3', '$4::int', '$3::text IS NOT NULL AND EXISTS (SELECT FROM first)')}),
  reserved AS (
    SELECT CASE WHEN NOT EXISTS (SELECT FROM first) THEN $1
      WHEN $3 IS NOT NULL AND NOT EXISTS (SELECT FROM second) THEN $3 END AS blocked)`;

const reserveStatement = `WITH ${reserving} SELECT blocked FROM reserved`;

/** Parameters of {@link reserving}. */
export const gateParameters = (limit: RateLimit, next?: RateLimit) => [
  limit.key,
  limit.burst,
  next?.key ?? null,
  next?.burst ?? null,
];

/**
 * Common table expressions that settle the limits of two parameters, either of which may be null, if `proof`, one before them,
 * has a row. The locks are taken in the order that {@link reserving} takes them in, lest the two wait for each other,
 * and after those of `proof`: whoever comes from the same address waits for the ip one.
 */
export const settling = (account: string, ip: string, proof: string): string => `
  released AS (
    UPDATE attempt SET failures = greatest(failures - 1, 0)
    WHERE key = ${ip}::text AND EXISTS (SELECT FROM ${proof}) RETURNING key),
  settled AS (
    DELETE FROM attempt
    WHERE key = ${account}::text AND EXISTS (SELECT FROM ${proof}) AND (SELECT count(*) FROM released) >= 0)`;

const settleStatement = `WITH proof AS (SELECT), ${settling('$1', '$2', 'proof')} SELECT`;

const retryAfterStatement = `
  SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds FROM attempt WHERE key = $1`;

const purgeStatement = `
  DELETE FROM attempt WHERE key = ANY (ARRAY (
    SELECT key FROM attempt a WHERE ${forgotten} AND a.blocked_until <= now()
    ORDER BY a.updated_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING key`;

/** Progressive delays for whoever fails often, the same for all replicas. */
@Injectable()
export class RateLimitsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Counts an attempt as failed before its outcome is known; {@link reset}, {@link succeed} or {@link refund} undo that.
   * @throws ProblemException `too_many_attempts` with the seconds to wait
   */
  async consume(limit: RateLimit): Promise<void> {
    const on = this.dataSource;
    const [reserved] = await queryRows<{ blocked: string | null }>(on, reserveStatement, gateParameters(limit));
    await this.assertNotBlocked(reserved?.blocked);
  }

  /**
   * For a statement that counts attempts by {@link reserving}.
   * @param blocked the limit that it found blocked, if any
   * @throws ProblemException `too_many_attempts` with the seconds to wait
   */
  async assertNotBlocked(blocked: string | null | undefined): Promise<void> {
    if (blocked) {
      const [wait] = await queryRows<{ seconds: number }>(this.dataSource, retryAfterStatement, [blocked]);
      throw tooManyAttempts.exception({ retryAfter: wait?.seconds ?? 1 });
    }
  }

  /** Forgets the failures at a limit: the attempt succeeded. */
  async reset(manager: EntityManager, limit: RateLimit): Promise<void> {
    await manager.query('DELETE FROM attempt WHERE key = $1', [limit.key]);
  }

  /** Forgets the failures at a limit and takes the attempt back at one that others share; best last in a transaction. */
  async succeed(manager: EntityManager, { account, ip }: RateLimits): Promise<void> {
    await manager.query(settleStatement, [account.key, ip?.key ?? null]);
  }

  /** Takes one attempt back: it was never decided, or succeeded at a limit that others fail at. */
  async refund(on: DataSource | EntityManager, limit: RateLimit): Promise<void> {
    await on.query('UPDATE attempt SET failures = greatest(failures - 1, 0) WHERE key = $1', [limit.key]);
  }

  /** Deletes what is forgotten, `limit` limits at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }
}
