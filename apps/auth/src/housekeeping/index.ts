export { HousekeepingModule } from './housekeeping.module.ts';
export { HousekeepingService } from './housekeeping.service.ts';
export { ReencryptionService } from './reencryption.service.ts';
