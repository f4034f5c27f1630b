import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActivityService, type ActivityKind } from '../statistics/index.ts';
import type { AuditEventType } from './audit-event.ts';
import { AuditRepository, type TrailReader, type AuditEntry } from './audit.repository.ts';

/** What the statistics count. Sessions count successful logins, which their own statement records. */
const counted: Partial<Record<AuditEventType, ActivityKind>> = {
  'account.registered': 'registered',
  'login.failed': 'login_failed',
};

/** Writes the audit trail, and deletes what is older than its retention time. */
@Injectable()
export class AuditService {
  constructor(
    private readonly events: AuditRepository,
    private readonly activity: ActivityService,
  ) {}

  /**
   * Records an event in the caller's transaction: the event is stored if and only if the change is.
   * @param context the request that caused it; null for the command line and the service itself
   */
  async record(manager: EntityManager, context: RequestContext | null, entry: AuditEntry): Promise<void> {
    await this.events.record(manager, context, [entry]);
    this.count(entry);
  }

  /** Records many events as {@link record} does. */
  async recordAll(manager: EntityManager, context: RequestContext | null, entries: AuditEntry[]): Promise<void> {
    await this.events.record(manager, context, entries);
    entries.forEach((entry) => {
      this.count(entry);
    });
  }

  /** Records that somebody follows the trail, once in five minutes: see {@link AuditRepository.recordFollowing}. */
  recordFollowing(manager: EntityManager, context: RequestContext, reader: TrailReader): Promise<void> {
    return this.events.recordFollowing(manager, context, reader);
  }

  /** Whether an event of a type about an account is on record, in the caller's transaction. */
  hasEvent(manager: EntityManager, subjectId: string, type: AuditEventType): Promise<boolean> {
    return this.events.hasEvent(manager, subjectId, type);
  }

  /** Deletes events older than `AUDIT_RETENTION_DAYS`, `limit` at most, and returns how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    await this.events.purgeErasedAccounts(manager, limit);
    return this.events.purgeEvents(manager, limit);
  }

  /** The statistics may count an event whose transaction fails afterwards. */
  private count({ type }: AuditEntry): void {
    const kind = counted[type];
    if (kind) {
      this.activity.count(kind);
    }
  }
}
