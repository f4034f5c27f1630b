import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { MailModule } from '../mail/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { InvitationsController } from './invitations.controller.ts';
import { InvitationsService } from './invitations.service.ts';

/** Invitations to accounts. */
@Module({
  imports: [AttemptsModule, AuditModule, MailModule, OneTimeTokensModule, PasswordsModule],
  controllers: [InvitationsController],
  providers: [InvitationsService],
  exports: [InvitationsService],
})
export class InvitationsModule {}

export { InvitationsService };
