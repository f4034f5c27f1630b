import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { TokensModule } from '../tokens/index.ts';
import { ApiKey } from './api-key.entity.ts';
import { ClientTokensController } from './client-tokens.controller.ts';
import { ClientTokensMetrics, clientTokensProvider } from './client-tokens.metrics.ts';
import { ClientTokensService } from './client-tokens.service.ts';
import { ServiceAccount } from './service-account.entity.ts';
import { ServiceAccountsController } from './service-accounts.controller.ts';
import { ServiceAccountsService } from './service-accounts.service.ts';

/** Service accounts, their API keys and their tokens. */
@Module({
  imports: [AttemptsModule, AuditModule, TokensModule],
  controllers: [ServiceAccountsController, ClientTokensController],
  providers: [ServiceAccountsService, ClientTokensService, ClientTokensMetrics, clientTokensProvider],
  exports: [ServiceAccountsService],
})
export class ServiceAccountsModule {}

export { ApiKey, ServiceAccount, ServiceAccountsService };
