import { execute, purge, queryRows, sql, type Queryable } from '#common';
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
        RETURNING id AS "jobId", bytes::float8, lines::float8, imported::float8, present::float8, refused::float8`,
    );
    return job as ImportProgress;
  }

  /**
   * Moves a job from one place in the file to the next, in one atomic statement: of concurrent imports of the file, one
   * gets each batch.
   * @returns whether the job was still at `from`
   */
  async advance(on: Queryable, { jobId, bytes: from }: ImportProgress, to: ImportProgress): Promise<boolean> {
    const changed = await execute(
      on,
      sql`/* import-jobs.advance */
        UPDATE import_job SET bytes = ${to.bytes}, lines = ${to.lines}, updated_at = now()
        WHERE id = ${jobId} AND bytes = ${from} AND finished_at IS NULL`,
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
