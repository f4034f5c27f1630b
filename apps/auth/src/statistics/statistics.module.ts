import { Module } from '@nestjs/common';
import { ActivityRepository } from './activity.repository.ts';
import { ActivityService } from './activity.service.ts';

/** Counts what happens, by time. */
@Module({ providers: [ActivityRepository, ActivityService], exports: [ActivityService] })
export class StatisticsModule {}
