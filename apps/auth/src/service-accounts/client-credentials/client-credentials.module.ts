import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { TokensModule } from '../../sessions/tokens/index.ts';
import { ServiceAccountsModule } from '../index.ts';
import { ClientTokensController } from './client-tokens.controller.ts';
import { ClientTokensService } from './client-tokens.service.ts';

/** Access tokens for service accounts: OAuth 2.0 client credentials (RFC 6749 §4.4). */
@Module({
  imports: [AuditModule, RateLimitsModule, ServiceAccountsModule, TokensModule],
  controllers: [ClientTokensController],
  providers: [ClientTokensService],
})
export class ClientCredentialsModule {}
