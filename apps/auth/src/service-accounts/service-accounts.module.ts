import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { ServiceAccountsController } from './service-accounts.controller.ts';
import { ServiceAccountsService } from './service-accounts.service.ts';

/** Service accounts and their API keys. */
@Module({
  imports: [AuditModule],
  controllers: [ServiceAccountsController],
  providers: [ServiceAccountsService],
  exports: [ServiceAccountsService],
})
export class ServiceAccountsModule {}
