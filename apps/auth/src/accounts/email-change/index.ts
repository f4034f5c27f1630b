export { EmailChangeModule } from './email-change.module.ts';
