import { execute, purge, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';

/** How far an import has come. */
export interface ImportProgress {
  jobId: string;
  /** Bytes of the file that are read. */
  bytes: number;
  lines: number;
  imported: number;
  /** Accounts that existed already; they stay as they are. */
  present: number;
  refused: number;
}

/** A rejected line, and why. */
export interface Refusal {
  line: number;
  reason: string;
}

/** An import that an admin runs through the API. */
export interface ImportRun extends ImportProgress {
  state: 'running' | 'finished' | 'stopped';
  /** Whether it only tries to import. */
  dryRun: boolean;
  actorId: string;
  /** The session that it was started in. */
  sessionId: string;
  startedAt: Date;
  endedAt: Date | null;
}

/**
 * A run without a sign of life is over, whatever its client may have met with. The login by which it was started counts for an hour. Those of
 * the command have a source, and no such end.
 */
const isFresh = sql.raw(
  "updated_at > now() - interval '2 minutes' AND (source IS NOT NULL OR started_at > now() - interval '1 hour')",
);
const isOpen = sql.raw('source IS NULL AND finished_at IS NULL');

const progressColumns = sql.raw(
  'id AS "jobId", bytes::float8, lines::float8, imported::float8, present::float8, refused::float8',
);
const runColumns = sql`${progressColumns}, dry_run AS "dryRun", actor_id AS "actorId", session_id AS "sessionId",
  started_at AS "startedAt", coalesce(finished_at, CASE WHEN NOT (${isFresh}) THEN updated_at END) AS "endedAt",
  CASE WHEN stopped OR (finished_at IS NULL AND NOT (${isFresh})) THEN 'stopped'
       WHEN finished_at IS NULL THEN 'running' ELSE 'finished' END AS state`;

/** The tables `import_job` and `import_refusal`. */
@Injectable()
export class ImportJobsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Starts a job for a file, or resumes the one that has not finished.
   * @param source the file's SHA-256
   */
  async begin(source: Buffer): Promise<ImportProgress> {
    const [job] = await queryRows<ImportProgress>(
      this.dataSource,
      sql`/* import-jobs.begin */
        INSERT INTO import_job (id, source) VALUES (${uuidv7()}, ${source})
        ON CONFLICT (source) WHERE finished_at IS NULL DO UPDATE SET updated_at = now()
        RETURNING ${progressColumns}`,
    );
    return job as ImportProgress;
  }

  /**
   * Moves a job from one place in the file to the next, in one atomic statement: of concurrent imports of the file, one
   * gets each batch.
   * @returns whether the job was still at `from` and, if it is a run through the API, had not lapsed
   */
  async advance(on: Queryable, { jobId, bytes: from }: ImportProgress, to: ImportProgress): Promise<boolean> {
    const changed = await execute(
      on,
      sql`/* import-jobs.advance */
        UPDATE import_job SET bytes = ${to.bytes}, lines = ${to.lines}, updated_at = now()
        WHERE id = ${jobId} AND bytes = ${from} AND finished_at IS NULL AND (source IS NOT NULL OR ${isFresh})`,
    );
    return changed > 0;
  }

  /** Adds the results of a batch. */
  async count(on: Queryable, jobId: string, imported: number, present: number, refusals: Refusal[]): Promise<void> {
    await execute(
      on,
      sql`/* import-jobs.count */
        UPDATE import_job
        SET imported = imported + ${imported}, present = present + ${present}, refused = refused + ${refusals.length}
        WHERE id = ${jobId}`,
    );
    await execute(
      on,
      sql`/* import-jobs.refuse */
        INSERT INTO import_refusal (job_id, line, reason)
        SELECT ${jobId}::uuid, line, reason
        FROM jsonb_to_recordset(${JSON.stringify(refusals)}::jsonb) AS refusal (line bigint, reason text)
        RETURNING line`,
    );
  }

  async finish(jobId: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* import-jobs.finish */ UPDATE import_job SET finished_at = now() WHERE id = ${jobId}`,
    );
  }

  /**
   * Starts a run through the API, in one atomic statement.
   * @returns undefined if another one is running
   */
  start(on: Queryable, actorId: string, sessionId: string, dryRun: boolean): Promise<ImportRun | undefined> {
    return queryRow<ImportRun>(
      on,
      sql`/* import-jobs.start */
        INSERT INTO import_job (id, actor_id, session_id, dry_run)
        VALUES (${uuidv7()}, ${actorId}, ${sessionId}, ${dryRun})
        ON CONFLICT ((source IS NULL)) WHERE ${isOpen} DO NOTHING RETURNING ${runColumns}`,
    );
  }

  find(id: string): Promise<ImportRun | undefined> {
    return queryRow<ImportRun>(
      this.dataSource,
      sql`/* import-jobs.find */ SELECT ${runColumns} FROM import_job WHERE id = ${id} AND source IS NULL`,
    );
  }

  /** The latest runs through the API, the latest first. */
  latest(limit: number): Promise<ImportRun[]> {
    return queryRows<ImportRun>(
      this.dataSource,
      sql`/* import-jobs.latest */
        SELECT ${runColumns} FROM import_job WHERE source IS NULL ORDER BY id DESC LIMIT ${limit}`,
    );
  }

  /**
   * Ends a run through the API.
   * @returns undefined if it is not running
   */
  end(on: Queryable, id: string, stopped: boolean): Promise<ImportRun | undefined> {
    return queryRow<ImportRun>(
      on,
      sql`/* import-jobs.end */
        UPDATE import_job SET finished_at = now(), stopped = ${stopped}
        WHERE id = ${id} AND ${isOpen} AND ${isFresh} RETURNING ${runColumns}`,
    );
  }

  /** Marks the runs as stopped that lines no longer arrive for, and returns them. */
  endLapsed(on: Queryable): Promise<ImportRun[]> {
    return queryRows<ImportRun>(
      on,
      sql`/* import-jobs.end-lapsed */
        UPDATE import_job SET finished_at = updated_at, stopped = true
        WHERE ${isOpen} AND NOT (${isFresh}) RETURNING ${runColumns}`,
    );
  }

  /** Does the work in the caller's transaction, and undoes it. */
  async tryOut<T>(manager: Queryable, work: () => Promise<T>): Promise<T> {
    await execute(manager, sql`/* import-jobs.try */ SAVEPOINT dry_run`);
    const done = await work();
    await execute(manager, sql`/* import-jobs.undo */ ROLLBACK TO SAVEPOINT dry_run`);
    return done;
  }

  /** A page of a job's refusals in the order of the lines. */
  refusals(jobId: string, afterLine: number, limit: number): Promise<Refusal[]> {
    return queryRows<Refusal>(
      this.dataSource,
      sql`/* import-jobs.refusals */
        SELECT line::float8, reason FROM import_refusal WHERE job_id = ${jobId} AND line > ${afterLine}
        ORDER BY line LIMIT ${limit}`,
    );
  }

  /** Deletes jobs, with their refusals, that nothing has touched for 30 days. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`updated_at < now() - interval '30 days'`;
    return purge(on, { table: 'import_job', key: 'id', expired, orderBy: 'updated_at' }, limit);
  }
}
