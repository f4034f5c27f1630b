import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { EmailLinksModule } from '../../email/links/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { MailModule } from '../../email/outbox/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { AccountsModule } from '../index.ts';
import { EmailChangeController } from './email-change.controller.ts';
import { EmailChangeService } from './email-change.service.ts';

/** Changes of an account's e-mail address. */
@Module({
  imports: [
    AccountsModule,
    AuditModule,
    EmailLinksModule,
    MailModule,
    OneTimeTokensModule,
    RateLimitsModule,
    SessionsModule,
  ],
  controllers: [EmailChangeController],
  providers: [EmailChangeService],
  exports: [EmailChangeService],
})
export class EmailChangeModule {}
