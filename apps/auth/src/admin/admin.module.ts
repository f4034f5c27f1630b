import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { AdminController } from './admin.controller.ts';
import { adminActionsProvider, AdminMetrics } from './admin.metrics.ts';
import { AdminService } from './admin.service.ts';

/** What admins do with accounts. */
@Module({
  imports: [AuditModule, EmailLinksModule, MailModule, MfaModule, OneTimeTokensModule, PasswordsModule, SessionsModule],
  controllers: [AdminController],
  providers: [AdminService, AdminMetrics, adminActionsProvider],
})
export class AdminModule {}
