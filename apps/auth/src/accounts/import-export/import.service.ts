import { queryRows } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { DummyHashes } from '../../passwords/index.ts';
import { readLine, type ReadLine } from './import-line.ts';
import { splitLines } from './lines.ts';

/** How far an import has come. */
export interface ImportProgress {
  jobId: string;
  /** Of the file, and how many of them are done. */
  size: number;
  bytes: number;
  lines: number;
  imported: number;
  /** Accounts that were there already: they stay as they are. */
  present: number;
  refused: number;
}

/** Why a line was refused. */
export interface Refusal {
  line: number;
  reason: string;
}

type NumberedLine = ReadLine & { line: number };
type Importable = Extract<NumberedLine, { account: unknown }>;

const batchLines = 500;
const maxLineBytes = 16 * 1024;
const refusalsPage = 1000;

/** One job for a file until it is finished: whoever comes with the same file goes on with it. */
const beginStatement = `
  INSERT INTO import_job (id, source) VALUES ($1, $2)
  ON CONFLICT (source) WHERE finished_at IS NULL DO UPDATE SET updated_at = now()
  RETURNING id AS "jobId", bytes::float8, lines::float8, imported::float8, present::float8, refused::float8`;

/** Claims the batch that begins at `$2`: of two imports of one file at once, one gets it. */
const claimStatement = `
  UPDATE import_job SET bytes = $3, lines = $4, updated_at = now()
  WHERE id = $1 AND bytes = $2 AND finished_at IS NULL RETURNING id`;

const insertStatement = `
  INSERT INTO account (
    id, email, email_verified_at, password_hash, roles, disabled_at, created_at, password_changed_at)
  SELECT id, email, email_verified_at, password_hash, roles, disabled_at, coalesce(created_at, now()),
         coalesce(password_changed_at, created_at, now())
  FROM jsonb_to_recordset($1::jsonb) AS line (
    id uuid, email text, email_verified_at timestamptz, password_hash text, roles text[],
    disabled_at timestamptz, created_at timestamptz, password_changed_at timestamptz)
  ON CONFLICT DO NOTHING RETURNING id`;

const countStatement = `
  UPDATE import_job SET imported = imported + $2, present = present + $3, refused = refused + $4 WHERE id = $1`;

const refuseStatement = `
  INSERT INTO import_refusal (job_id, line, reason)
  SELECT $1, line, reason FROM jsonb_to_recordset($2::jsonb) AS refusal (line bigint, reason text)`;

const purgeStatement = `
  DELETE FROM import_job WHERE id = ANY (ARRAY (
    SELECT id FROM import_job WHERE updated_at < now() - interval '30 days' LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** Imports accounts with the password hashes that another system made of their passwords. */
@Injectable()
export class ImportService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly audit: AuditService,
    private readonly dummyHashes: DummyHashes,
  ) {}

  /**
   * Imports a file of JSON lines. Each batch is one transaction with how far it brings the import: one that was cut off goes
   * on where it was when the same file comes again.
   * @throws Error if another process is importing the same file
   */
  async run(path: string, onProgress: (progress: ImportProgress) => void): Promise<ImportProgress> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const source = await digestOf(file);
      const [begun] = await queryRows<ImportProgress>(this.dataSource, beginStatement, [uuidv7(), source]);
      const progress: ImportProgress = { ...(begun as ImportProgress), size };
      onProgress(progress);
      for await (const batch of this.batches(file, progress)) {
        const next = { ...progress, bytes: progress.bytes + batch.size, lines: progress.lines + batch.count };
        await this.commit(progress, next, batch.lines);
        Object.assign(progress, next);
        onProgress(progress);
      }
      await this.dataSource.query('UPDATE import_job SET finished_at = now() WHERE id = $1', [progress.jobId]);
      return progress;
    } finally {
      await file.close();
    }
  }

  /** All lines of an import that were refused, in their order. */
  async *refusals(jobId: string): AsyncGenerator<Refusal> {
    for (let after = 0, more = true; more;) {
      const page = await queryRows<Refusal>(
        this.dataSource,
        `SELECT line::float8, reason FROM import_refusal WHERE job_id = $1 AND line > $2
         ORDER BY line LIMIT ${String(refusalsPage)}`,
        [jobId, after],
      );
      yield* page;
      after = page.at(-1)?.line ?? 0;
      more = page.length === refusalsPage;
    }
  }

  /** Deletes jobs that nobody has gone on with for 30 days, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }

  private async *batches(file: FileHandle, from: ImportProgress) {
    let batch = { lines: [] as NumberedLine[], count: 0, size: 0 };
    let line = from.lines;
    const chunks = file.createReadStream({ start: from.bytes, autoClose: false });
    for await (const { bytes, size } of splitLines(chunks as AsyncIterable<Buffer>, maxLineBytes)) {
      line += 1;
      batch.count += 1;
      batch.size += size;
      if (bytes?.toString('latin1').trim() !== '') {
        batch.lines.push({ ...readLine(bytes, this.config.IMPORT_HASH_MAX_MEMORY_KIB), line });
      }
      if (batch.count === batchLines) {
        yield batch;
        batch = { lines: [], count: 0, size: 0 };
      }
    }
    if (batch.count > 0) {
      yield batch;
    }
  }

  /** Writes a batch and counts it into `next`. */
  private async commit(from: ImportProgress, next: ImportProgress, lines: NumberedLine[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const claim = [from.jobId, from.bytes, next.bytes, next.lines];
      const claimed = await queryRows(manager, claimStatement, claim);
      if (claimed.length === 0) {
        throw new Error('Another process is importing this file.');
      }
      const importable = lines.filter((line) => 'account' in line);
      const { imported, taken } = await this.insert(manager, importable);
      const refusals = [...lines.filter((line) => 'reason' in line), ...taken];
      const present = importable.length - imported - taken.length;
      await manager.query(countStatement, [from.jobId, imported, present, refusals.length]);
      await manager.query(refuseStatement, [from.jobId, JSON.stringify(refusals)]);
      next.imported += imported;
      next.present += present;
      next.refused += refusals.length;
    });
  }

  private async insert(manager: EntityManager, lines: Importable[]) {
    const rows = lines.map(({ account }) => ({ ...account, id: account.id?.toLowerCase() ?? uuidv7() }));
    const inserted = await queryRows<{ id: string }>(manager, insertStatement, [JSON.stringify(rows)]);
    const ids = new Set(inserted.map(({ id }) => id));
    const entries = [...ids].map((id) => ({ type: 'account.imported' as const, subjectId: id }));
    if (entries.length > 0) {
      await this.audit.recordAll(manager, null, entries);
    }
    const hashes = lines.flatMap(({ hash }, i) => (hash && ids.has(rows[i]?.id ?? '') ? [hash] : []));
    await this.dummyHashes.addImported(manager, hashes);

    // what was not inserted is there already, unless it claims an id of its own and only its address is there
    const claimed = lines.filter(({ account }) => account.id !== undefined && !ids.has(account.id.toLowerCase()));
    const known = await queryRows<{ id: string }>(manager, 'SELECT id FROM account WHERE id = ANY($1::uuid[])', [
      claimed.map(({ account }) => account.id),
    ]);
    const knownIds = new Set(known.map(({ id }) => id));
    const taken = claimed
      .filter(({ account }) => !knownIds.has(account.id?.toLowerCase() ?? ''))
      .map(({ line }) => ({ line, reason: 'email: belongs to another account' }));
    return { imported: ids.size, taken };
  }
}

async function digestOf(file: FileHandle): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest();
}
