import { purge, queryRow, sql, type Queryable, type RequestContext, type Sql } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import type { AuditEventType } from './audit-event.ts';

/** What happened to whom, and who did it. */
export interface AuditEntry {
  type: AuditEventType;
  actorId?: string | null;
  subjectId?: string | null;
  detail?: Record<string, unknown>;
}

/** Who follows the trail. */
export interface TrailReader {
  actorId: string;
  filter: Record<string, unknown>;
  /** Id of the event from which on. */
  since: string;
}

/**
 * An INSERT of events, for a statement of its own or as a common table expression.
 * @param context the request that caused them; null for the command line and the service itself
 */
export function recording(context: RequestContext | null, entries: AuditEntry[]): Sql {
  const { address = null, userAgent = null, requestId = null } = context ?? {};
  return sql`
    INSERT INTO audit_event (id, type, actor_id, subject_id, detail, address, user_agent, request_id)
    SELECT id, type, actor_id, subject_id, detail, ${address}::inet, ${userAgent}::text, ${requestId}::text
    FROM jsonb_to_recordset(${encode(entries)}::jsonb)
      AS entry (id uuid, type text, actor_id uuid, subject_id uuid, detail jsonb)`;
}

/** The lowest `AUDIT_RETENTION_DAYS`: the table rejects the deletion of younger events. */
export const shortestRetentionDays = 30;

/** The tables `audit_event` and `erased_account`. */
@Injectable()
export class AuditRepository {
  constructor(@Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'AUDIT_RETENTION_DAYS'>) {}

  async record(on: Queryable, context: RequestContext | null, entries: AuditEntry[]): Promise<void> {
    await queryRow(on, sql`/* audit.record */ ${recording(context, entries)}`);
  }

  /**
   * Records that somebody follows the trail from an event on, unless the trail says so since five minutes: with the same filter, and from
   * the same event if that is no longer new.
   */
  async recordFollowing(
    on: Queryable,
    context: RequestContext,
    { actorId, filter, since }: TrailReader,
  ): Promise<void> {
    const detail = { ...filter, following: true };
    await queryRow(
      on,
      sql`/* audit.record-following */ ${recording(context, [{ type: 'audit.read', actorId, detail: { ...detail, since } }])}
        WHERE NOT EXISTS (
          SELECT FROM audit_event earlier
          WHERE earlier.actor_id = ${actorId} AND earlier.occurred_at > now() - interval '5 minutes'
            AND earlier.type = 'audit.read' AND earlier.detail - 'since' = ${JSON.stringify(detail)}::jsonb
            AND (earlier.detail ->> 'since' = ${since}::text
              OR EXISTS (SELECT FROM audit_event WHERE id = ${since}::uuid AND occurred_at > now() - interval '10 minutes')))`,
    );
  }

  async hasEvent(on: Queryable, subjectId: string, type: AuditEventType): Promise<boolean> {
    const row = await queryRow<{ exists: boolean }>(
      on,
      sql`/* audit.has-event */
        SELECT EXISTS (SELECT FROM audit_event WHERE subject_id = ${subjectId} AND type = ${type}) AS exists`,
    );
    return row?.exists === true;
  }

  purgeEvents(on: Queryable, limit: number): Promise<number> {
    const expired = sql`occurred_at < now() - make_interval(days => ${this.config.AUDIT_RETENTION_DAYS}::int)`;
    return purge(on, { table: 'audit_event', key: 'id', expired, orderBy: 'occurred_at' }, limit);
  }

  /** Deletes the ids of erased accounts that no event names any longer. */
  purgeErasedAccounts(on: Queryable, limit: number): Promise<number> {
    const expired = sql`erased_at < now() - make_interval(days => ${this.config.AUDIT_RETENTION_DAYS}::int + 1)`;
    return purge(on, { table: 'erased_account', key: 'id', expired, orderBy: 'erased_at' }, limit);
  }
}

function encode(entries: AuditEntry[]): string {
  return JSON.stringify(
    entries.map(({ type, actorId, subjectId, detail = {} }) => ({
      id: uuidv7(),
      type,
      actor_id: actorId,
      subject_id: subjectId,
      detail,
    })),
  );
}
