import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { PasswordsService } from '../../passwords/index.ts';
import { AccountsRepository } from '../index.ts';
import type { Acceptance } from './invitations.schema.ts';

/** Accepts invitations to accounts that an admin has created. */
@Injectable()
export class InvitationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly passwords: PasswordsService,
  ) {}

  /**
   * Consumes the invitation's token and sets the account's first password. A rejected password does not use up the token.
   * The token also verifies the e-mail address, because the invitation was sent there.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `password_breached`, `hash_queue_full`
   */
  async accept({ token, password }: Acceptance, context: RequestContext): Promise<void> {
    const claim = await this.oneTimeTokens.peek('invitation', token);
    if (!claim) {
      throw oneTimeTokenInvalid.exception();
    }
    const email = String(claim.detail['to']);
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.oneTimeTokens.consume(manager, 'invitation', token);
      if (!proof || !(await this.accounts.setFirstPassword(manager, proof.accountId, email, passwordHash))) {
        throw oneTimeTokenInvalid.exception();
      }
      const ids = { actorId: proof.accountId, subjectId: proof.accountId };
      await this.audit.record(manager, context, { type: 'invitation.accepted', ...ids });
    });
  }
}
