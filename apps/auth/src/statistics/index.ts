export type { ActivityKind, ActivityPeriod } from './activity.repository.ts';
export { ActivityService } from './activity.service.ts';
export { StatisticsModule } from './statistics.module.ts';
