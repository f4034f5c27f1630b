import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { open } from 'node:fs/promises';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { BulkAccountsRepository } from '../index.ts';
import { digestOf, readBatches, type NumberedLine } from './import-file.ts';
import { ImportJobsRepository, type ImportProgress, type Refusal } from './import-jobs.repository.ts';

type Importable = Extract<NumberedLine, { account: unknown }>;

const refusalsPage = 1000;

/** Imports accounts with the password hashes of another system. */
@Injectable()
export class ImportService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'IMPORT_HASH_MAX_MEMORY_KIB'>,
    private readonly accounts: BulkAccountsRepository,
    private readonly jobs: ImportJobsRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Imports a file of JSON lines. Each batch is one transaction, which also stores the progress: an interrupted import
   * resumes when the same file is imported again.
   * @param onProgress is called with the progress and the file's size in bytes
   * @throws Error if another process is importing the same file
   */
  async importFile(
    path: string,
    onProgress: (progress: ImportProgress, fileBytes: number) => void,
  ): Promise<ImportProgress> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      let progress = await this.jobs.begin(await digestOf(file));
      onProgress(progress, size);
      for await (const batch of readBatches(file, progress, this.config.IMPORT_HASH_MAX_MEMORY_KIB)) {
        const { bytes, lines } = progress;
        const next = { ...progress, bytes: bytes + batch.bytes, lines: lines + batch.count };
        progress = await this.importBatch(progress, next, batch.lines);
        onProgress(progress, size);
      }
      await this.jobs.finish(progress.jobId);
      return progress;
    } finally {
      await file.close();
    }
  }

  /** All rejected lines of an import, in their order. */
  async *refusals(jobId: string): AsyncGenerator<Refusal> {
    for (let after = 0, more = true; more;) {
      const page = await this.jobs.refusals(jobId, after, refusalsPage);
      yield* page;
      after = page.at(-1)?.line ?? 0;
      more = page.length === refusalsPage;
    }
  }

  /** Deletes jobs that nothing has touched for 30 days, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.jobs.purge(manager, limit);
  }

  private importBatch(from: ImportProgress, to: ImportProgress, lines: NumberedLine[]): Promise<ImportProgress> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await this.jobs.advance(manager, from, to))) {
        throw new Error('Another process is importing this file.');
      }
      const importable = lines.filter((line) => 'account' in line);
      const { imported, taken } = await this.insert(manager, importable);
      const refusals = [...lines.filter((line) => 'reason' in line), ...taken];
      const present = importable.length - imported - taken.length;
      await this.jobs.count(manager, from.jobId, imported, present, refusals);
      return {
        ...to,
        imported: to.imported + imported,
        present: to.present + present,
        refused: to.refused + refusals.length,
      };
    });
  }

  private async insert(manager: EntityManager, lines: Importable[]): Promise<{ imported: number; taken: Refusal[] }> {
    const rows = lines.map(({ account }) => ({ ...account, id: account.id?.toLowerCase() ?? uuidv7() }));
    const inserted = new Set(await this.accounts.insertAll(manager, rows));
    if (inserted.size > 0) {
      const entries = [...inserted].map((id) => ({ type: 'account.imported' as const, subjectId: id }));
      await this.audit.recordAll(manager, null, entries);
    }
    return { imported: inserted.size, taken: await this.findTaken(manager, lines, inserted) };
  }

  /**
   * An account that was not inserted exists already, unless the line names an id that no account has: then its e-mail
   * address belongs to another account.
   */
  private async findTaken(manager: EntityManager, lines: Importable[], inserted: Set<string>): Promise<Refusal[]> {
    const candidates = lines.flatMap(({ account: { id }, line }) =>
      id === undefined || inserted.has(id.toLowerCase()) ? [] : { id: id.toLowerCase(), line },
    );
    const ids = candidates.map(({ id }) => id);
    const existing = new Set(await this.accounts.existing(manager, ids));
    return candidates
      .filter(({ id }) => !existing.has(id))
      .map(({ line }) => ({ line, reason: 'email: belongs to another account' }));
  }
}
