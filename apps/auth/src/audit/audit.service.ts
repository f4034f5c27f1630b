import { queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import type { AuditEventType } from './audit-event.entity.ts';

/** What happened to whom, and who did it. */
interface AuditEntry {
  type: AuditEventType;
  actorId?: string | null;
  subjectId?: string | null;
  detail?: Record<string, unknown>;
}

/** Records events that {@link encodeEntries} gives, for a statement whose parameters these are. */
export const recording = (entries: string, address: string, userAgent: string, requestId: string): string => `
  INSERT INTO audit_event (id, type, actor_id, subject_id, detail, address, user_agent, request_id)
  SELECT id, type, actor_id, subject_id, detail, ${address}, ${userAgent}, ${requestId}
  FROM jsonb_to_recordset(${entries}::jsonb)
    AS entry (id uuid, type text, actor_id uuid, subject_id uuid, detail jsonb)`;

const insertStatement = recording('$1', '$2', '$3', '$4');

/**
 * Oldest first, by the index on `occurred_at`: what a batch costs does not depend on how long the trail is. An
 * array, lest the planner reads the whole table to join it.
 */
export const purgeEventsStatement = `
  DELETE FROM audit_event WHERE id = ANY (ARRAY (
    SELECT id FROM audit_event WHERE occurred_at < now() - make_interval(days => $2::int)
    ORDER BY occurred_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** By then no event names them. */
const forgetStatement = `
  DELETE FROM erased_account WHERE id = ANY (ARRAY (
    SELECT id FROM erased_account WHERE erased_at < now() - make_interval(days => $2::int + 1)
    ORDER BY erased_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** Adds to the audit trail, and ends it where it is old. */
@Injectable()
export class AuditService {
  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {}

  /**
   * Records an event in the caller's transaction, so that it stands exactly when what it tells of does.
   * @param context whose request it was; null for the command line and the service itself
   */
  async record(manager: EntityManager, context: RequestContext | null, entry: AuditEntry): Promise<void> {
    await this.recordAll(manager, context, [entry]);
  }

  /** Records many events as {@link record} does. */
  async recordAll(manager: EntityManager, context: RequestContext | null, entries: AuditEntry[]): Promise<void> {
    const { address = null, userAgent = null, requestId = null } = context ?? {};
    await manager.query(insertStatement, [encodeEntries(entries), address, userAgent, requestId]);
  }

  /** Deletes events that are older than `AUDIT_RETENTION_DAYS`, `limit` at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    const parameters = [limit, this.config.AUDIT_RETENTION_DAYS];
    await manager.query(forgetStatement, parameters);
    return (await queryRows(manager, purgeEventsStatement, parameters)).length;
  }
}

/** Events for a statement of {@link recording}. */
export function encodeEntries(entries: AuditEntry[]): string {
  return JSON.stringify(
    entries.map((entry) => ({
      id: uuidv7(),
      type: entry.type,
      actor_id: entry.actorId,
      subject_id: entry.subjectId,
      detail: entry.detail ?? {},
    })),
  );
}
