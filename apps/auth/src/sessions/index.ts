import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { TokensModule } from '../tokens/index.ts';
import { deviceName } from './device-name.ts';
import { Session } from './session.entity.ts';
import { SessionsController } from './sessions.controller.ts';
import { signInRefused } from './sessions.problems.ts';
import { refreshesProvider, SessionsMetrics } from './sessions.metrics.ts';
import {
  accessTokenExample,
  accessTokenSchema,
  tokensExample,
  tokensSchema,
  type AccessToken,
  type Tokens,
} from './sessions.schema.ts';
import { SessionsService } from './sessions.service.ts';

/** Sessions: one login on one device, kept alive by refresh tokens. */
@Module({
  imports: [AuditModule, TokensModule],
  controllers: [SessionsController],
  providers: [SessionsService, SessionsMetrics, refreshesProvider],
  exports: [SessionsService],
})
export class SessionsModule {}

export {
  Session,
  SessionsService,
  accessTokenExample,
  accessTokenSchema,
  deviceName,
  signInRefused,
  tokensExample,
  tokensSchema,
};
export type { AccessToken, Tokens };
