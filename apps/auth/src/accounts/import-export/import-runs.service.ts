import { problems, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Readable } from 'node:stream';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { csvRecord } from '../../audit/log/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { AdminAuthorityService } from '../index.ts';
import { batchLines, readBatches, type Batch, type NumberedLine } from './import-file.ts';
import { ImportJobsRepository, type ImportRun } from './import-jobs.repository.ts';
import {
  importEnded,
  importForeign,
  importMoved,
  importNotFound,
  importRunning,
  importTooLarge,
} from './import-runs.problems.ts';
import { maxRunLines } from './import-runs.schema.ts';
import { ImportService } from './import.service.ts';

const listed = 20;
const noLines: Batch = { lines: [], count: 0, bytes: 0 };
const adminRefused = 'roles: only the command imports admins';

/**
 * Imports that admins run through the API. The client sends the file in parts, and each part is one transaction: a request is
 * short, no replica holds anything of a run, and a run whose client is gone is seen to have stopped.
 */
@Injectable()
export class ImportRunsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'IMPORT_HASH_MAX_MEMORY_KIB'>,
    private readonly authority: AdminAuthorityService,
    private readonly audit: AuditService,
    private readonly imports: ImportService,
    private readonly jobs: ImportJobsRepository,
  ) {}

  /** @throws ProblemException `import_running`, `token_invalid`, `role_required` */
  start(dryRun: boolean, actor: Principal, context: RequestContext): Promise<ImportRun> {
    return this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      await this.endLapsed(manager);
      const run = await this.jobs.start(manager, actor.accountId, actor.sessionId, dryRun);
      if (!run) {
        throw importRunning.exception();
      }
      const detail = { import_id: run.jobId, dry_run: dryRun };
      await this.audit.record(manager, context, { type: 'import.started', actorId: actor.accountId, detail });
      return run;
    });
  }

  /** The latest runs, the latest first. */
  list(): Promise<ImportRun[]> {
    return this.jobs.latest(listed);
  }

  /** @throws ProblemException `import_not_found` */
  async find(id: string): Promise<ImportRun> {
    const run = await this.jobs.find(id);
    if (!run) {
      throw importNotFound.exception();
    }
    return run;
  }

  /**
   * Imports the next lines of the file, all or none. The run belongs to the session that has started it by a recent login: others
   * must not add to it without one.
   * @param after lines that the run must have read before, so that a part that is sent twice is imported once
   * @throws ProblemException `import_not_found`, `import_foreign`, `import_ended`, `import_moved`, `import_too_large`,
   *   `body_too_large`, `token_invalid`, `role_required`
   */
  async addLines(
    id: string,
    after: number,
    body: AsyncIterable<Buffer>,
    actor: Principal,
    context: RequestContext,
  ): Promise<ImportRun> {
    const run = await this.findOwn(id, actor);
    if (run.lines !== after) {
      throw importMoved.exception();
    }
    const batch = await this.read(body, after);
    if (after + batch.count > maxRunLines) {
      const detail = `At most ${String(maxRunLines)} lines are allowed. The command takes larger files.`;
      throw importTooLarge.exception({ detail });
    }
    const options = { actorId: actor.accountId, context, dryRun: run.dryRun };
    const progress = await this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      return this.imports.importBatch(manager, run, batch, options);
    });
    if (!progress) {
      await this.findOwn(id, actor);
      throw importMoved.exception();
    }
    return { ...run, ...progress };
  }

  /** @throws ProblemException `import_not_found`, `import_foreign`, `import_ended`, `token_invalid`, `role_required` */
  async finish(id: string, actor: Principal, context: RequestContext): Promise<ImportRun> {
    await this.findOwn(id, actor);
    return this.end(id, false, actor, context);
  }

  /** @throws ProblemException `import_not_found`, `import_ended`, `token_invalid`, `role_required` */
  async stop(id: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.find(id);
    await this.end(id, true, actor, context);
  }

  /**
   * The refused lines as comma-separated values, read page by page as the client consumes them.
   * @throws ProblemException `import_not_found`
   */
  async refused(id: string): Promise<Readable> {
    await this.find(id);
    return Readable.from(this.encodeRefusals(id), { highWaterMark: 100 });
  }

  /** Marks runs as stopped that are, and deletes jobs that nothing has touched for 30 days, `limit` at most. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    await this.endLapsed(manager);
    return this.jobs.purge(manager, limit);
  }

  private async *encodeRefusals(id: string): AsyncGenerator<string> {
    yield csvRecord(['line', 'reason']);
    for await (const { line, reason } of this.imports.refusals(id)) {
      yield csvRecord([String(line), reason]);
    }
  }

  /** Reads a part. Its admins are refused: an import must not be a way to power that nobody looks at. */
  private async read(body: AsyncIterable<Buffer>, after: number): Promise<Batch> {
    let part: Batch | undefined;
    for await (const batch of readBatches(body, after, this.config.IMPORT_HASH_MAX_MEMORY_KIB)) {
      if (part) {
        throw problems.bodyTooLarge.exception({ detail: `At most ${String(batchLines)} lines are allowed.` });
      }
      part = { ...batch, lines: batch.lines.map(withoutAdmin) };
    }
    return part ?? noLines;
  }

  private async findOwn(id: string, actor: Principal): Promise<ImportRun> {
    const run = await this.find(id);
    if (run.actorId !== actor.accountId || run.sessionId !== actor.sessionId) {
      throw importForeign.exception();
    }
    if (run.state !== 'running') {
      throw importEnded.exception();
    }
    return run;
  }

  private end(id: string, stopped: boolean, actor: Principal, context: RequestContext): Promise<ImportRun> {
    return this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      const run = await this.jobs.end(manager, id, stopped);
      if (!run) {
        throw importEnded.exception();
      }
      await this.audit.record(manager, context, { actorId: actor.accountId, ...ended(run) });
      return run;
    });
  }

  private async endLapsed(manager: EntityManager): Promise<void> {
    const runs = await this.jobs.endLapsed(manager);
    if (runs.length > 0) {
      await this.audit.recordAll(manager, null, runs.map(ended));
    }
  }
}

const withoutAdmin = (line: NumberedLine): NumberedLine =>
  'account' in line && line.account.roles.includes('admin') ? { line: line.line, reason: adminRefused } : line;

const ended = ({ jobId, state, dryRun, lines, imported, present, refused }: ImportRun) => ({
  type: 'import.ended' as const,
  detail: { import_id: jobId, state, dry_run: dryRun, lines, created: imported, existing: present, refused },
});
