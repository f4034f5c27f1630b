export { AuditLogModule } from './audit-log.module.ts';
export { AuditLogService } from './audit-log.service.ts';
export { csvRecord } from './csv.ts';
