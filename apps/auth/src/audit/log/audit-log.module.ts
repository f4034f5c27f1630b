import { Module } from '@nestjs/common';
import { AuditModule } from '../index.ts';
import { AuditLogController } from './audit-log.controller.ts';
import { AuditLogService } from './audit-log.service.ts';

/** Reading the audit trail. */
@Module({ imports: [AuditModule], controllers: [AuditLogController], providers: [AuditLogService] })
export class AuditLogModule {}
