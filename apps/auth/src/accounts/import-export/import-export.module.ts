import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { ExportService } from './export.service.ts';
import { ImportService } from './import.service.ts';

/** Moving accounts from and to other systems, by the command line. */
@Module({
  imports: [AuditModule, PasswordsModule],
  providers: [ExportService, ImportService],
  exports: [ExportService, ImportService],
})
export class ImportExportModule {}
