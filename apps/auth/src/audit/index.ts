export { AuditModule } from './audit.module.ts';
export { AuditEvent, type AuditEventType } from './audit-event.entity.ts';
export { AuditService, encodeEntries, recording } from './audit.service.ts';
