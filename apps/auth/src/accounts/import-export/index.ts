export { ImportExportModule } from './import-export.module.ts';
export { ExportService } from './export.service.ts';
export { ImportService, type ImportProgress } from './import.service.ts';
