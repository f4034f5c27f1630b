import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { StatisticsModule } from '../statistics/index.ts';
import { TokensModule } from './tokens/index.ts';
import { LogoutService } from './logout.service.ts';
import { SessionLocksRepository } from './session-locks.repository.ts';
import { SessionsController } from './sessions.controller.ts';
import { SessionsRepository } from './sessions.repository.ts';
import { SessionsService } from './sessions.service.ts';

/** Sessions: one login on one device, kept alive by refresh tokens. */
@Module({
  imports: [AuditModule, StatisticsModule, TokensModule],
  controllers: [SessionsController],
  providers: [LogoutService, SessionLocksRepository, SessionsRepository, SessionsService],
  exports: [SessionsRepository, SessionsService],
})
export class SessionsModule {}
