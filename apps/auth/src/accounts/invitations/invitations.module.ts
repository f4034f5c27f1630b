import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { OneTimeTokensModule } from '../../email/one-time-tokens/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { AccountsModule } from '../index.ts';
import { InvitationsController } from './invitations.controller.ts';
import { InvitationsService } from './invitations.service.ts';

/** Invitations to accounts. */
@Module({
  imports: [AccountsModule, AuditModule, OneTimeTokensModule, PasswordsModule],
  controllers: [InvitationsController],
  providers: [InvitationsService],
})
export class InvitationsModule {}
