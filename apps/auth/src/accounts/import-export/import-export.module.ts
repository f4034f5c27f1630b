import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { AccountsModule } from '../index.ts';
import { ExportService } from './export.service.ts';
import { ImportJobsRepository } from './import-jobs.repository.ts';
import { ImportRunsController } from './import-runs.controller.ts';
import { ImportRunsService } from './import-runs.service.ts';
import { ImportService } from './import.service.ts';

/** Imports and exports of accounts, for the command line and for admins. */
@Module({
  imports: [AccountsModule, AuditModule, PasswordsModule],
  controllers: [ImportRunsController],
  providers: [ExportService, ImportJobsRepository, ImportRunsService, ImportService],
  exports: [ExportService, ImportRunsService, ImportService],
})
export class ImportExportModule {}
