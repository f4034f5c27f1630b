import { Module } from '@nestjs/common';
import { AuditModule } from '../index.ts';
import { AuditLogController } from './audit-log.controller.ts';
import { AuditLogRepository } from './audit-log.repository.ts';
import { AuditLogService } from './audit-log.service.ts';

/** Reads the audit trail. */
@Module({
  imports: [AuditModule],
  controllers: [AuditLogController],
  providers: [AuditLogRepository, AuditLogService],
  exports: [AuditLogService],
})
export class AuditLogModule {}
