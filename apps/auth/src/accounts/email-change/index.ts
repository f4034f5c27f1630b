export { EmailChangeModule } from './email-change.module.ts';
export { EmailChangeService } from './email-change.service.ts';
