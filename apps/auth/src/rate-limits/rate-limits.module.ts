import { Module } from '@nestjs/common';
import { StatisticsModule } from '../statistics/index.ts';
import { RateLimitsRepository } from './rate-limits.repository.ts';
import { RateLimitsService } from './rate-limits.service.ts';

/** Rate limits and lockout, cluster-wide. */
@Module({
  imports: [StatisticsModule],
  providers: [RateLimitsRepository, RateLimitsService],
  exports: [RateLimitsService],
})
export class RateLimitsModule {}
