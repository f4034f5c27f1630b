import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { BrowserSessionsModule } from '../sessions/browser-sessions/index.ts';
import { ForwardAuthController } from './forward-auth.controller.ts';
import { ForwardAuthService } from './forward-auth.service.ts';

/** Authentication at the edge: gateways ask who sends a request, before they pass it on to a service. */
@Module({
  imports: [AccountsModule, BrowserSessionsModule],
  controllers: [ForwardAuthController],
  providers: [ForwardAuthService],
})
export class ForwardAuthModule {}
