import { queryRows, sql, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { auditColumns, type AuditEventView, type AuditFilter } from './audit-log.schema.ts';

const columns = sql.raw(auditColumns.join(', '));

/** Filters of which each value has an index range of its own. The page is merged from a page of each. */
type Range = 'account_id' | 'type';

const conditions: Record<Exclude<keyof AuditFilter, Range>, (value: string) => Sql> = {
  actor_id: (value) => sql`actor_id = ${value}`,
  subject_id: (value) => sql`subject_id = ${value}`,
  from: (value) => sql`occurred_at >= ${value}`,
  until: (value) => sql`occurred_at < ${value}`,
};

/** The position of the event with an id. An index serves the comparison with two values, but not with one row of a subquery. */
const positionOf = (id: string) => sql`((SELECT occurred_at FROM audit_event WHERE id = ${id}::uuid), ${id}::uuid)`;

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
   * Reads one page of events, the latest first, or with `since` the oldest first.
   * @param from.after id of the last event of the previous page
   * @param from.since id of the event after which the page begins
   */
  async search(
    { type, account_id: accountId, ...filter }: AuditFilter,
    limit: number,
    { after, since }: { after?: string | undefined; since?: string | undefined } = {},
  ): Promise<AuditEventView[]> {
    const where = Object.entries(filter).map(([name, value]) => conditions[name as keyof typeof filter](value));
    if (after !== undefined) {
      where.push(sql`(occurred_at, id) < ${positionOf(after)}`);
    }
    if (since !== undefined) {
      where.push(sql`(occurred_at, id) > ${positionOf(since)}`);
    }
    const order = sql.raw(since === undefined ? 'occurred_at DESC, id DESC' : 'occurred_at, id');
    const pages = rangesOf(type, accountId).map(
      (range) => sql`
        SELECT ${columns} FROM audit_event ${whereAll([...range, ...where])} ORDER BY ${order} LIMIT ${limit}`,
    );
    const [page] = pages;
    const rows = await queryRows<Omit<AuditEventView, 'occurred_at'> & { occurred_at: Date }>(
      this.dataSource,
      pages.length === 1
        ? sql`/* audit.search */ ${page}`
        : sql`/* audit.search-ranges */
            SELECT * FROM ((${sql.join(pages, ') UNION (')})) AS found ORDER BY ${order} LIMIT ${limit} ${sql.planEachTime}`,
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

/** The conditions of each range of an index. */
function rangesOf(type: string | undefined, accountId: string | undefined): Sql[][] {
  const types = type?.split(',') ?? [];
  if (accountId === undefined) {
    return types.length === 0 ? [[]] : [...new Set(types)].map((one) => [sql`type = ${one}`]);
  }
  // an account has few events of all types
  const ofTypes = types.length === 0 ? [] : [sql`type = ANY (${types}::text[])`];
  return [
    [sql`actor_id = ${accountId}`, ...ofTypes],
    [sql`subject_id = ${accountId}`, ...ofTypes],
  ];
}

const whereAll = (all: Sql[]) => (all.length > 0 ? sql`WHERE ${sql.join(all, ' AND ')}` : sql.raw(''));
