import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { personalDataSourcesProvider } from './personal-data-sources.ts';
import { PrivacyController } from './privacy.controller.ts';
import { exportsProvider, PrivacyService } from './privacy.service.ts';

/** Exports of personal data. */
@Module({
  imports: [AccountsModule, AuditModule, RateLimitsModule],
  controllers: [PrivacyController],
  providers: [PrivacyService, exportsProvider, personalDataSourcesProvider],
})
export class PrivacyModule {}
