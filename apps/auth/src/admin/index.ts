export { AdminModule } from './admin.module.ts';
export { AccountLimitsService } from './account-limits.service.ts';
