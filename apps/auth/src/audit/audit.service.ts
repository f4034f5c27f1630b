import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { AuditEventType } from './audit-event.entity.ts';

interface AuditEntry {
  type: AuditEventType;
  actorId?: string | null;
  subjectId?: string | null;
  detail?: Record<string, unknown>;
}

const insertStatement = `
  INSERT INTO audit_event (id, type, actor_id, subject_id, detail, address, user_agent, request_id)
  SELECT id, type, actor_id, subject_id, detail, $2, $3, $4
  FROM jsonb_to_recordset($1::jsonb) AS entry (id uuid, type text, actor_id uuid, subject_id uuid, detail jsonb)`;

/** Adds to the audit trail. */
@Injectable()
export class AuditService {
  /**
   * Records an event in the caller's transaction, so that it stands exactly when what it tells of does.
   * @param context whose request it was; null for the command line and the service itself
   */
  async record(manager: EntityManager, context: RequestContext | null, entry: AuditEntry): Promise<void> {
    await this.recordAll(manager, context, [entry]);
  }

  /** Records many events as {@link record} does. */
  async recordAll(manager: EntityManager, context: RequestContext | null, entries: AuditEntry[]): Promise<void> {
    const rows = entries.map((entry) => ({
      id: uuidv7(),
      type: entry.type,
      actor_id: entry.actorId,
      subject_id: entry.subjectId,
      detail: entry.detail ?? {},
    }));
    const { address = null, userAgent = null, requestId = null } = context ?? {};
    await manager.query(insertStatement, [JSON.stringify(rows), address, userAgent, requestId]);
  }
}
