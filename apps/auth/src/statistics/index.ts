export { activityKinds, type ActivityBucket, type ActivityKind, type ActivityPeriod } from './activity.repository.ts';
export { ActivityService } from './activity.service.ts';
export { StatisticsModule } from './statistics.module.ts';
