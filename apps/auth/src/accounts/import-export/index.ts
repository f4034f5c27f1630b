export { ImportExportModule } from './import-export.module.ts';
export { ExportService } from './export.service.ts';
export { ImportRunsService } from './import-runs.service.ts';
export { ImportService } from './import.service.ts';
export type { ImportProgress } from './import-jobs.repository.ts';
