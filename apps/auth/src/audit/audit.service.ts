import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditEvent, type AuditEventType } from './audit-event.entity.ts';

interface AuditEntry {
  type: AuditEventType;
  actorId?: string | null;
  subjectId?: string | null;
  detail?: Record<string, unknown>;
}

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
    await manager.insert(
      AuditEvent,
      entries.map((entry) => ({
        id: uuidv7(),
        type: entry.type,
        actorId: entry.actorId ?? null,
        subjectId: entry.subjectId ?? null,
        address: context?.address ?? null,
        userAgent: context?.userAgent ?? null,
        requestId: context?.requestId ?? null,
        detail: (entry.detail ?? {}) as object,
      })),
    );
  }
}
