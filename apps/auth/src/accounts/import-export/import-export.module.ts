import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { AccountsModule } from '../index.ts';
import { ExportService } from './export.service.ts';
import { ImportJobsRepository } from './import-jobs.repository.ts';
import { ImportService } from './import.service.ts';

/** Imports and exports of accounts, for the command line. */
@Module({
  imports: [AccountsModule, AuditModule, PasswordsModule],
  providers: [ExportService, ImportJobsRepository, ImportService],
  exports: [ExportService, ImportService],
})
export class ImportExportModule {}
