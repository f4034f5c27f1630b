import { Module } from '@nestjs/common';
import { AuditService } from './audit.service.ts';

/** The append-only trail of security events. */
@Module({ providers: [AuditService], exports: [AuditService] })
export class AuditModule {}
