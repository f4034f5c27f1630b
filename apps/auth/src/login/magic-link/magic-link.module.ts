import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { EmailLinkRequestsModule } from '../../accounts/email-link-requests/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { LoginCompletionModule } from '../completion/index.ts';
import { MagicLinkController } from './magic-link.controller.ts';
import { MagicLinkService } from './magic-link.service.ts';

/** Login with a magic link. */
@Module({
  imports: [AccountsModule, AuditModule, EmailLinkRequestsModule, LoginCompletionModule],
  controllers: [MagicLinkController],
  providers: [MagicLinkService],
  exports: [MagicLinkService],
})
export class MagicLinkModule {}
