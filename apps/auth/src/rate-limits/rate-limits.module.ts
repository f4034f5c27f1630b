import { Module } from '@nestjs/common';
import { RateLimitsService } from './rate-limits.service.ts';

/** Limits and lockout, cluster-wide. */
@Module({ providers: [RateLimitsService], exports: [RateLimitsService] })
export class RateLimitsModule {}
