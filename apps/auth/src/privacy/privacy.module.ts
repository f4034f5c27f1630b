import { Module } from '@nestjs/common';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { AuditModule } from '../audit/index.ts';
import { PrivacyController } from './privacy.controller.ts';
import { exportsProvider, PrivacyService } from './privacy.service.ts';

/** What is stored about an account, told to its owner. */
@Module({
  imports: [RateLimitsModule, AuditModule],
  controllers: [PrivacyController],
  providers: [PrivacyService, exportsProvider],
})
export class PrivacyModule {}
