import { Module } from '@nestjs/common';
import { StatisticsModule } from '../statistics/index.ts';
import { AuditRepository } from './audit.repository.ts';
import { AuditService } from './audit.service.ts';

/** The append-only trail of security events. */
@Module({ imports: [StatisticsModule], providers: [AuditRepository, AuditService], exports: [AuditService] })
export class AuditModule {}
