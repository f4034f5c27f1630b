import { queryRows, sql, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { auditColumns, type AuditEventView, type AuditFilter } from './audit-log.schema.ts';

const columns = sql.raw(auditColumns.join(', '));

const conditions: Record<keyof AuditFilter, (value: string) => Sql> = {
  type: (value) => sql`type = ${value}`,
  actor_id: (value) => sql`actor_id = ${value}`,
  subject_id: (value) => sql`subject_id = ${value}`,
  from: (value) => sql`occurred_at >= ${value}`,
  until: (value) => sql`occurred_at < ${value}`,
};

/** An event as its subject or actor may see it. */
export interface AccountEvent {
  id: string;
  row: object;
}

/** Reads the table `audit_event`. */
@Injectable()
export class AuditLogRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Reads one page of events, the latest first.
   * @param after id of the last event of the previous page
   */
  async search(filter: AuditFilter, limit: number, after?: string): Promise<AuditEventView[]> {
    const where = Object.entries(filter).map(([name, value]) => conditions[name as keyof AuditFilter](value));
    if (after !== undefined) {
      // an index serves the comparison with two values, but not the comparison with one row of a subquery
      where.push(
        sql`(occurred_at, id) < ((SELECT occurred_at FROM audit_event WHERE id = ${after}::uuid), ${after}::uuid)`,
      );
    }
    const rows = await queryRows<Omit<AuditEventView, 'occurred_at'> & { occurred_at: Date }>(
      this.dataSource,
      sql`/* audit.search */
        SELECT ${columns} FROM audit_event ${where.length > 0 ? sql`WHERE ${sql.join(where, ' AND ')}` : sql.raw('')}
        ORDER BY occurred_at DESC, id DESC LIMIT ${limit}`,
    );
    return rows.map((row) => ({ ...row, occurred_at: row.occurred_at.toISOString() }));
  }

  /**
   * Reads one page of the events that an account caused or that happened to it, in the order of their ids. Another
   * account that acted on it stays anonymous.
   * @param after id of the last event of the previous page, or the nil UUID
   */
  async accountEvents(accountId: string, after: string, limit: number): Promise<AccountEvent[]> {
    return queryRows<AccountEvent>(
      this.dataSource,
      sql`/* audit.account-events */
        SELECT id, json_build_object('id', id, 'occurred_at', occurred_at, 'type', type,
          'actor', CASE WHEN actor_id = ${accountId} THEN 'self' WHEN actor_id IS NOT NULL THEN 'other' END,
          'address', CASE WHEN actor_id IS NULL OR actor_id = ${accountId} THEN host(address) END,
          'user_agent', CASE WHEN actor_id IS NULL OR actor_id = ${accountId} THEN user_agent END,
          'detail', CASE WHEN subject_id = ${accountId} THEN detail END) AS row
        FROM audit_event WHERE (actor_id = ${accountId} OR subject_id = ${accountId}) AND id > ${after}
        ORDER BY id LIMIT ${limit}`,
    );
  }
}
