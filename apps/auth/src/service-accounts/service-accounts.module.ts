import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';
import { ServiceAccountsController } from './service-accounts.controller.ts';
import { ServiceAccountsRepository } from './service-accounts.repository.ts';
import { ServiceAccountsService } from './service-accounts.service.ts';

/** Service accounts and their API keys. */
@Module({
  imports: [AccountsModule, AuditModule],
  controllers: [ServiceAccountsController],
  providers: [ApiKeysRepository, ServiceAccountsRepository, ServiceAccountsService],
  exports: [ApiKeysRepository, ServiceAccountsService],
})
export class ServiceAccountsModule {}
