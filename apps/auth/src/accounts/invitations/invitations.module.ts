import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/index.ts';
import { PasswordsModule } from '../../passwords/index.ts';
import { AccountsModule } from '../index.ts';
import { InvitationsController } from './invitations.controller.ts';
import { InvitationsService } from './invitations.service.ts';

/** Invitations to accounts. */
@Module({
  imports: [AccountsModule, AuditModule, PasswordsModule],
  controllers: [InvitationsController],
  providers: [InvitationsService],
  exports: [InvitationsService],
})
export class InvitationsModule {}
