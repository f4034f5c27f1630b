export { AuditModule } from './audit.module.ts';
export type { AuditEventType } from './audit-event.ts';
export { AuditRepository, recording, shortestRetentionDays, type AuditEntry } from './audit.repository.ts';
export { AuditService } from './audit.service.ts';
