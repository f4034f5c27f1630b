import { Module } from '@nestjs/common';
import { AuditEvent, type AuditEventType } from './audit-event.entity.ts';
import { AuditService, encodeEntries, recording } from './audit.service.ts';

/** The append-only trail of security events. */
@Module({ providers: [AuditService], exports: [AuditService] })
export class AuditModule {}

export { AuditEvent, AuditService, encodeEntries, recording };
export type { AuditEventType };
