import type { RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { open } from 'node:fs/promises';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { BulkAccountsRepository } from '../index.ts';
import { chunksOf, digestOf, readBatches, type Batch, type NumberedLine } from './import-file.ts';
import { ImportJobsRepository, type ImportProgress, type Refusal } from './import-jobs.repository.ts';

type Importable = Extract<NumberedLine, { account: unknown }>;

const refusalsPage = 1000;

/** Who imports, and whether it is a dry run. */
interface ImportOptions {
  actorId?: string;
  context?: RequestContext;
  dryRun?: boolean;
}

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
      const chunks = chunksOf(file, progress.bytes);
      for await (const batch of readBatches(chunks, progress.lines, this.config.IMPORT_HASH_MAX_MEMORY_KIB)) {
        const from = progress;
        const next = await this.dataSource.transaction((manager) => this.importBatch(manager, from, batch));
        if (!next) {
          throw new Error('Another process is importing this file.');
        }
        progress = next;
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

  /**
   * Imports a batch in the caller's transaction.
   * @returns the progress after it; undefined if the job is no longer at `from`
   */
  async importBatch(
    manager: EntityManager,
    from: ImportProgress,
    { lines, ...read }: Batch,
    options: ImportOptions = {},
  ): Promise<ImportProgress | undefined> {
    const to = { ...from, bytes: from.bytes + read.bytes, lines: from.lines + read.count };
    if (!(await this.jobs.advance(manager, from, to))) {
      return undefined;
    }
    const importable = lines.filter((line) => 'account' in line);
    const insert = () => this.insert(manager, importable, options);
    const { imported, taken } = await (options.dryRun ? this.jobs.tryOut(manager, insert) : insert());
    const refusals = [...lines.filter((line) => 'reason' in line), ...taken];
    const present = importable.length - imported - taken.length;
    await this.jobs.count(manager, from.jobId, imported, present, refusals);
    return {
      ...to,
      imported: to.imported + imported,
      present: to.present + present,
      refused: to.refused + refusals.length,
    };
  }

  private async insert(
    manager: EntityManager,
    lines: Importable[],
    { actorId, context = null }: { actorId?: string; context?: RequestContext | null },
  ): Promise<{ imported: number; taken: Refusal[] }> {
    const rows = lines.map(({ account }) => ({ ...account, id: account.id?.toLowerCase() ?? uuidv7() }));
    const inserted = new Set(await this.accounts.insertAll(manager, rows));
    if (inserted.size > 0) {
      const actor = actorId === undefined ? {} : { actorId };
      const entries = [...inserted].map((id) => ({ type: 'account.imported' as const, subjectId: id, ...actor }));
      await this.audit.recordAll(manager, context, entries);
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
