import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { NIL } from 'uuid';
import { AuditService } from '../index.ts';
import { AuditLogRepository } from './audit-log.repository.ts';
import { auditColumns, type AuditEventView, type AuditFilter } from './audit-log.schema.ts';
import { csvRecord } from './csv.ts';

/** Events that an export holds in memory at a time. */
const exportPage = 500;
const personalDataPage = 1000;

/** Which events to read, and from where. */
interface AuditSearch extends AuditFilter {
  limit: number;
  after?: string | undefined;
  since?: string | undefined;
}

export type ExportFormat = 'csv' | 'ndjson';

const encoders: Record<ExportFormat, { head: string; encode: (event: AuditEventView) => string }> = {
  ndjson: { head: '', encode: (event) => `${JSON.stringify(event)}\n` },
  csv: {
    head: csvRecord(auditColumns),
    encode: ({ detail, ...event }) =>
      csvRecord(auditColumns.map((name) => (name === 'detail' ? JSON.stringify(detail) : (event[name] ?? '')))),
  },
};

/** Reads the audit trail, the latest events first. Each search and each export is audited itself. */
@Injectable()
export class AuditLogService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly repository: AuditLogRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Reads one page. A reader who follows the end of the trail is recorded once in five minutes for each filter: otherwise it would read
   * of nothing but itself.
   * @param query.after id of the last event of the previous page
   * @param query.since id of the event after which to follow the trail
   */
  async page(
    { limit, after, since, ...filter }: AuditSearch,
    actorId: string,
    context: RequestContext,
  ): Promise<{ events: AuditEventView[]; next: string | null }> {
    if (since === undefined) {
      await this.audit.record(this.dataSource.manager, context, { type: 'audit.read', actorId, detail: filter });
    } else {
      await this.audit.recordFollowing(this.dataSource.manager, context, { actorId, filter, since });
    }
    const events = await this.repository.search(filter, limit, { after, since });
    return { events, next: events.length === limit ? (events.at(-1)?.id ?? null) : null };
  }

  /**
   * Exports all matching events. They are read page by page as the client consumes them, so that memory is bounded and no
   * transaction stays open.
   */
  async export(filter: AuditFilter, format: ExportFormat, actorId: string, context: RequestContext): Promise<Readable> {
    await this.audit.record(this.dataSource.manager, context, {
      type: 'audit.exported',
      actorId,
      detail: { format, ...filter },
    });
    // read before the response starts, so that an unavailable database still causes an error response
    const first = await this.repository.search(filter, exportPage);
    return Readable.from(this.encode(filter, format, first), { highWaterMark: 1 });
  }

  /** Pages of the events that an account caused or that happened to it, as JSON objects, the oldest first. */
  async *personalData(accountId: string): AsyncGenerator<object[]> {
    for (let after: string = NIL, more = true; more;) {
      const events = await this.repository.accountEvents(accountId, after, personalDataPage);
      yield events.map(({ row }) => row);
      after = events.at(-1)?.id ?? after;
      more = events.length === personalDataPage;
    }
  }

  private async *encode(filter: AuditFilter, format: ExportFormat, first: AuditEventView[]): AsyncGenerator<string> {
    const { head, encode } = encoders[format];
    yield head;
    let page = first;
    while (page.length > 0) {
      yield page.map(encode).join('');
      page =
        page.length < exportPage ? [] : await this.repository.search(filter, exportPage, { after: page.at(-1)?.id });
    }
  }
}
