import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AuditModule } from '../../audit/index.ts';
import { TokensModule } from '../tokens/index.ts';
import { BrowserSessionsController } from './browser-sessions.controller.ts';
import { BrowserSessionsRepository } from './browser-sessions.repository.ts';
import { BrowserSessionsService } from './browser-sessions.service.ts';
import { RotationInterceptor } from './rotation.interceptor.ts';

/** Sessions that browsers hold by a cookie. */
@Module({
  imports: [AuditModule, TokensModule],
  controllers: [BrowserSessionsController],
  providers: [
    BrowserSessionsRepository,
    BrowserSessionsService,
    { provide: APP_INTERCEPTOR, useClass: RotationInterceptor },
  ],
  exports: [BrowserSessionsRepository, BrowserSessionsService],
})
export class BrowserSessionsModule {}
