import { queryRows, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { AuditService } from '../index.ts';
import type { AuditEventView, AuditFilter } from './audit-log.schema.ts';
import { csvRecord } from './csv.ts';

/** Rows that an export holds at a time. */
const exportPage = 500;

const columns = [
  'id',
  'occurred_at',
  'type',
  'actor_id',
  'subject_id',
  'address',
  'user_agent',
  'request_id',
  'detail',
] as const;

const conditions: Record<keyof AuditFilter, string> = {
  type: 'type =',
  actor_id: 'actor_id =',
  subject_id: 'subject_id =',
  from: 'occurred_at >=',
  until: 'occurred_at <',
};

type AuditRow = Omit<AuditEventView, 'occurred_at'> & { occurred_at: Date };

export type ExportFormat = 'csv' | 'ndjson';

const encoders: Record<ExportFormat, { head: string; encode: (event: AuditEventView) => string }> = {
  ndjson: { head: '', encode: (event) => `${JSON.stringify(event)}\n` },
  csv: {
    head: csvRecord(columns),
    encode: ({ detail, ...event }) =>
      csvRecord(columns.map((name) => (name === 'detail' ? JSON.stringify(detail) : (event[name] ?? '')))),
  },
};

/** Reads the audit trail, the latest events first; that it was read stands in it, too. */
@Injectable()
export class AuditLogService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  /**
   * One page.
   * @param after the last event of the page before
   */
  async page(
    { limit, after, ...filter }: AuditFilter & { limit: number; after?: string | undefined },
    actorId: string,
    context: RequestContext,
  ): Promise<{ events: AuditEventView[]; next: string | null }> {
    await this.audit.record(this.dataSource.manager, context, { type: 'audit.read', actorId, detail: filter });
    const events = await this.load(filter, limit, after);
    return { events, next: events.length === limit ? (events.at(-1)?.id ?? null) : null };
  }

  /**
   * All events in a format; they are read page by page as the client takes them, so that memory is bounded and no
   * transaction stays open.
   */
  async export(filter: AuditFilter, format: ExportFormat, actorId: string, context: RequestContext): Promise<Readable> {
    await this.audit.record(this.dataSource.manager, context, {
      type: 'audit.exported',
      actorId,
      detail: { format, ...filter },
    });
    // read before the answer begins, so that a lost database is still an error
    const first = await this.load(filter, exportPage);
    return Readable.from(this.encode(filter, format, first), { highWaterMark: 1 });
  }

  private async *encode(filter: AuditFilter, format: ExportFormat, first: AuditEventView[]): AsyncGenerator<string> {
    const { head, encode } = encoders[format];
    yield head;
    let page = first;
    while (page.length > 0) {
      yield page.map(encode).join('');
      page = page.length < exportPage ? [] : await this.load(filter, exportPage, page.at(-1)?.id);
    }
  }

  private async load(filter: AuditFilter, limit: number, after?: string): Promise<AuditEventView[]> {
    const parameters: unknown[] = [limit];
    const bind = (value: unknown) => `$${String(parameters.push(value))}`;
    const where = Object.entries(filter).map(
      ([name, value]) => `${conditions[name as keyof AuditFilter]} ${bind(value)}`,
    );
    if (after !== undefined) {
      const id = `${bind(after)}::uuid`;
      // two values, not one row from a subquery: only these are looked for in an index
      where.push(`(occurred_at, id) < ((SELECT occurred_at FROM audit_event WHERE id = ${id}), ${id})`);
    }
    const rows = await queryRows<AuditRow>(
      this.dataSource,
      `SELECT ${columns.join(', ')} FROM audit_event ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
       ORDER BY occurred_at DESC, id DESC LIMIT $1`,
      parameters,
    );
    return rows.map((row) => ({ ...row, occurred_at: row.occurred_at.toISOString() }));
  }
}
