import { queryRows } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { tooManyAttempts } from './attempts.problems.ts';

/** Who or what attempts are counted against. */
export interface Gate {
  key: string;
  /** Attempts that may fail before each further one has to wait. */
  burst: number;
}

const forgetAfterSeconds = 3600;
const maxDelaySeconds = 900;

/**
 * Until when the gate is shut after the nth failure: not at all within the burst, then for 1 s, 2 s, 4 s …; `$2` is the
 * burst. Not `now()` for an open gate: a transaction that began a moment earlier would find it shut.
 */
const shutUntil = (failures: string) =>
  `CASE WHEN ${failures} < $2::int THEN '-infinity'::timestamptz
     ELSE now() + make_interval(secs => least(${String(maxDelaySeconds)}, power(2, least(${failures} - $2::int, 20)))) END`;

const forgotten = `a.updated_at < now() - make_interval(secs => ${String(forgetAfterSeconds)})`;
const nextCount = `(CASE WHEN ${forgotten} THEN 1 ELSE a.failures + 1 END)`;

/**
 * Counts an attempt unless the gate is shut, in one atomic statement: of any number of attempts at once, on any number of
 * replicas, no more than the burst get past it.
 */
const reserveStatement = `
  INSERT INTO attempt AS a (key, failures, blocked_until, updated_at)
  VALUES ($1, 1, ${shutUntil('1')}, now())
  ON CONFLICT (key) DO UPDATE
    SET failures = ${nextCount}, blocked_until = ${shutUntil(nextCount)}, updated_at = now()
    WHERE a.blocked_until <= now()
  RETURNING failures`;

const retryAfterStatement = `
  SELECT greatest(1, ceil(extract(epoch FROM blocked_until - now())))::int AS seconds FROM attempt WHERE key = $1`;

const purgeStatement = `
  DELETE FROM attempt WHERE key = ANY (ARRAY (
    SELECT key FROM attempt a WHERE ${forgotten} AND a.blocked_until <= now()
    LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING key`;

/** Progressive delays for whoever fails often, the same for all replicas. */
@Injectable()
export class AttemptsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Counts an attempt as failed before its outcome is known; {@link forgive} or {@link release} undo that.
   * @throws ProblemException `too_many_attempts` with the seconds to wait
   */
  async reserve(gate: Gate): Promise<void> {
    const reserved = await queryRows(this.dataSource, reserveStatement, [gate.key, gate.burst]);
    if (reserved.length === 0) {
      const [wait] = await queryRows<{ seconds: number }>(this.dataSource, retryAfterStatement, [gate.key]);
      throw tooManyAttempts.exception({ retryAfter: wait?.seconds ?? 1 });
    }
  }

  /** Forgets the failures at a gate: the attempt succeeded. */
  async forgive(manager: EntityManager, gate: Gate): Promise<void> {
    await manager.query('DELETE FROM attempt WHERE key = $1', [gate.key]);
  }

  /** Takes one attempt back: it was never decided, or succeeded at a gate that others fail at. */
  async release(on: DataSource | EntityManager, gate: Gate): Promise<void> {
    await on.query('UPDATE attempt SET failures = greatest(failures - 1, 0) WHERE key = $1', [gate.key]);
  }

  /** Deletes what is forgotten, `limit` gates at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }
}
