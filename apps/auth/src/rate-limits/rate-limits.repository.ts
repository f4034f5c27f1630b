import { execute, purge, queryRow, sql, type Queryable, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** A limit of attempts for one key. */
export interface RateLimit {
  key: string;
  /** Attempts that may fail before each further one is delayed. */
  burst: number;
  /** A fixed delay after the burst, instead of one that grows with the failures. */
  delaySeconds?: number;
  /**
   * How many failures of the limit that is counted before this one are also counted here while this one's burst is not used
   * up, so that one device or session alone can't use it up. Less than the burst. Default: all.
   */
  perSource?: number;
}

/** The limits of one login: a success resets its own, and only refunds its attempt to the one that others share. */
export interface LoginLimits {
  /** The limit of the account, or of a known device or a session. */
  account: RateLimit;
  /** Shared by all accounts; counted before the account's. */
  ip?: RateLimit;
  /** Shared by all devices that the account knows, or by all its sessions; counted after the one's own, which protects it. */
  knownDevices?: RateLimit;
}

/** How many times the burst of one device or session all those of an account have together. */
export const knownDevicesFactor = 3;

const forgetAfterSeconds = 3600;
const maxDelaySeconds = 900;

const isForgotten = sql.raw(`a.updated_at < now() - make_interval(secs => ${String(forgetAfterSeconds)})`);
const nextCount = sql`(CASE WHEN ${isForgotten} THEN 1 ELSE a.failures + 1 END)`;

/**
 * Until when the limit is blocked after the nth failure: not at all within the burst, then for 1 s, 2 s, 4 s … or a fixed time.
 * Not `now()` for an open limit: a transaction that began a moment earlier would find it blocked.
 */
const blockedUntil = (failures: Sql, { burst, delaySeconds }: RateLimit) => sql`
  CASE WHEN ${failures} < ${burst}::int THEN '-infinity'::timestamptz
    ELSE now() + make_interval(secs => ${delaySeconds === undefined ? growingDelay(failures, burst) : sql`${delaySeconds}::int`}) END`;

const growingDelay = (failures: Sql, burst: number) => sql`least(${sql.raw(String(maxDelaySeconds))},
      power(2, least(${failures} - ${burst}::int, 20)))`;

/** One or two limits in the order in which they are counted. */
export type ConsumedLimits = [RateLimit, RateLimit?];

/** The limits of a login in the order in which they are counted. */
export const inOrder = ({ account, ip, knownDevices }: LoginLimits): ConsumedLimits =>
  ip ? [ip, account] : [account, knownDevices && { ...knownDevices, perSource: account.burst }];

const consumeOne = (limit: RateLimit, condition: Sql) =>
  limit.perSource === undefined
    ? sql`
  INSERT INTO attempt AS a (key, failures, blocked_until, updated_at)
  SELECT ${limit.key}::text, 1, ${blockedUntil(sql.raw('1'), limit)}, now() WHERE ${condition}
  ON CONFLICT (key) DO UPDATE
    SET failures = ${nextCount}, blocked_until = ${blockedUntil(nextCount, limit)}, updated_at = now()
    WHERE a.blocked_until <= now()
  RETURNING failures`
    : consumeShared(limit, limit.perSource, condition);

/**
 * Counts 1 or 0: `excluded.failures` says whether the source, which is the limit of `first`, has used up its share. All counts
 * are forgotten an hour after the first one, and no attempt prolongs that: each source remembers longer what it has counted, so
 * that it never uses its share twice.
 */
function consumeShared(limit: RateLimit, perSource: number, condition: Sql): Sql {
  const isCounted = sql`(excluded.failures = 1 OR a.failures >= ${limit.burst}::int AND NOT ${isForgotten})`;
  const next = sql`(CASE WHEN ${isForgotten} THEN 0 ELSE a.failures END + ${isCounted}::int)`;
  return sql`
  INSERT INTO attempt AS a (key, failures, blocked_until, updated_at)
  SELECT ${limit.key}::text, (failures <= ${perSource}::int)::int, '-infinity', now() FROM first WHERE ${condition}
  ON CONFLICT (key) DO UPDATE
    SET failures = ${next}, blocked_until = ${blockedUntil(next, limit)},
      updated_at = CASE WHEN ${isForgotten} THEN now() ELSE a.updated_at END
    WHERE a.blocked_until <= now()
  RETURNING failures`;
}

/**
 * Common table expressions that count an attempt in one atomic statement: concurrent attempts, on any replica, never
 * exceed a limit's burst. The second limit counts only what the first lets through. While a shared one is blocked, the source's
 * own does not count either, because a success refunds what that has counted. The last expression, `consumed`, has one row,
 * whose column `blocked` is the key of the limit that blocks the attempt, or null.
 * @param condition without which nothing is counted; then `blocked` means nothing
 */
export function consuming([first, second]: ConsumedLimits, condition: Sql = sql.raw('true')): Sql {
  const other = second ?? { key: null as unknown as string, burst: 0 };
  const isShared = second?.perSource !== undefined;
  const closed = sql`
    closed AS MATERIALIZED (SELECT key FROM attempt WHERE key = ${other.key}::text AND blocked_until > now()),`;
  return sql`${isShared ? closed : sql.raw('')}
    first AS (${consumeOne(first, isShared ? sql`${condition} AND NOT EXISTS (SELECT FROM closed)` : condition)}),
    second AS (${consumeOne(other, sql`${other.key}::text IS NOT NULL AND EXISTS (SELECT FROM first)`)}),
    consumed AS (
      SELECT CASE ${sql.raw(isShared ? 'WHEN EXISTS (SELECT FROM closed) THEN (SELECT key FROM closed)' : '')}
        WHEN NOT EXISTS (SELECT FROM first) THEN ${first.key}::text
        WHEN ${other.key}::text IS NOT NULL AND NOT EXISTS (SELECT FROM second) THEN ${other.key}::text END AS blocked)`;
}

/**
 * Common table expressions that reset the login's own limit and refund the shared one if `proof`, an expression before
 * them, has a row. What all known devices share gets back all that this one has counted there. They take their locks in the order of {@link consuming}, so that the two never deadlock, and after
 * those of `proof`, so that clients behind one IP address wait for each other as briefly as possible.
 */
export function succeeding(limits: LoginLimits | undefined, proof: Sql): Sql {
  if (limits?.knownDevices) {
    return sql`
    reset AS (
      DELETE FROM attempt WHERE key = ${limits.account.key}::text AND EXISTS (SELECT FROM ${proof}) RETURNING failures),
    refunded AS (
      UPDATE attempt
      SET failures = greatest(failures - (SELECT coalesce(sum(least(failures, ${limits.account.burst}::int)), 1) FROM reset), 0)
      WHERE key = ${limits.knownDevices.key}::text AND EXISTS (SELECT FROM ${proof})
        AND (SELECT count(*) FROM reset) >= 0)`;
  }
  return sql`
    refunded AS (
      UPDATE attempt SET failures = greatest(failures - 1, 0)
      WHERE key = ${limits?.ip?.key ?? null}::text AND EXISTS (SELECT FROM ${proof}) RETURNING key),
    reset AS (
      DELETE FROM attempt
      WHERE key = ${limits?.account.key ?? null}::text AND EXISTS (SELECT FROM ${proof})
        AND (SELECT count(*) FROM refunded) >= 0)`;
}

/** The table `attempt`: failures by key, cluster-wide. */
@Injectable()
export class RateLimitsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Counts an attempt, and returns the key of the limit that blocks it, if any. */
  async consume(limits: LoginLimits): Promise<string | null> {
    const statement = sql`/* rate-limits.consume */ WITH ${consuming(inOrder(limits))} SELECT blocked FROM consumed`;
    return (await queryRow<{ blocked: string | null }>(this.dataSource, statement))?.blocked ?? null;
  }

  async succeed(on: Queryable, limits: LoginLimits): Promise<void> {
    const proof = sql.raw('proof');
    await queryRow(on, sql`/* rate-limits.succeed */ WITH proof AS (SELECT), ${succeeding(limits, proof)} SELECT`);
  }

  async reset(on: Queryable, key: string): Promise<void> {
    await execute(on, sql`/* rate-limits.reset */ DELETE FROM attempt WHERE key = ${key}`);
  }

  async refund(on: Queryable, key: string): Promise<void> {
    await execute(
      on,
      sql`/* rate-limits.refund */ UPDATE attempt SET failures = greatest(failures - 1, 0) WHERE key = ${key}`,
    );
  }

  /** Refunds one attempt to the limit that known devices share, if it was counted there; before its own limit is refunded. */
  async refundShared(on: Queryable, own: RateLimit, shared: RateLimit): Promise<void> {
    await execute(
      on,
      sql`/* rate-limits.refund-shared */
        UPDATE attempt SET failures = greatest(failures - 1, 0)
        WHERE key = ${shared.key} AND (failures > ${shared.burst}::int
          OR (SELECT own.failures <= ${own.burst}::int FROM attempt own WHERE own.key = ${own.key}))`,
    );
  }

  /**
   * Forgets all limits whose keys end with one of these parts, and returns how many; the index `attempt_owner_idx` serves them.
   * Locks those that are counted second last, as {@link consuming} does, so that the two never deadlock.
   */
  async resetOwned(on: Queryable, parts: string[]): Promise<number> {
    return execute(
      on,
      sql`/* rate-limits.reset-owned */
        WITH owned AS MATERIALIZED (
          SELECT key FROM attempt WHERE split_part(key, ':', -1) = ANY (${parts}::text[]) AND key NOT LIKE '%:address:%'
          ORDER BY key ~ '^(password:account|mail:links|[a-z]+:known-[a-z]+):', key FOR UPDATE)
        DELETE FROM attempt WHERE key IN (SELECT key FROM owned)`,
    );
  }

  /** Seconds until a blocked limit opens, at least 1. */
  async secondsBlocked(key: string): Promise<number> {
    const row = await queryRow<{ seconds: number }>(
      this.dataSource,
      sql`/* rate-limits.seconds-blocked */
        SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds FROM attempt WHERE key = ${key}`,
    );
    return row?.seconds ?? 1;
  }

  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`updated_at < now() - make_interval(secs => ${sql.raw(String(forgetAfterSeconds))}) AND blocked_until <= now()`;
    return purge(on, { table: 'attempt', key: 'key', expired, orderBy: 'updated_at' }, limit);
  }
}
