import { isUniqueViolation, queryRows, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService, emailTaken } from '../index.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { localeOf } from '../../email/templates/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';

/** Changes an account's address, once its owner has shown to get mails at the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsService,
    private readonly links: EmailLinksService,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link to the new address and tells the old one. Whether the new one is taken is not told here: only its owner
   * learns of it.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`, `mail_off`
   */
  async request(principal: Principal, newEmail: string, password: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    const { id, email } = await this.accounts.reauthenticate(principal, password);
    await this.dataSource.transaction(async (manager) => {
      await this.tokens.revoke(manager, 'email_change', id);
      await this.links.send(manager, 'email_change', { id, email }, context, newEmail);
      await this.mails.send(manager, {
        to: email,
        template: 'email_change_notice',
        locale: localeOf(context.acceptLanguage),
        variables: { email, new_email: newEmail },
      });
      await this.audit.record(manager, context, { type: 'email.change_requested', actorId: id, subjectId: id });
    });
  }

  /**
   * Takes the link's token. Links that were mailed to the old address are useless from then on.
   * @throws ProblemException `one_time_token_invalid`, `email_taken`
   */
  async confirm(token: string, context: RequestContext): Promise<void> {
    try {
      await this.dataSource.transaction(async (manager) => {
        const proof = await this.tokens.consume(manager, 'email_change', token);
        const { email, to } = (proof?.detail ?? {}) as { email?: string; to?: string };
        const changed = await queryRows(
          manager,
          'UPDATE account SET email = $3, email_verified_at = now() WHERE id = $1 AND email = $2 RETURNING id',
          [proof?.accountId, email, to],
        );
        if (!proof || changed.length === 0) {
          throw oneTimeTokenInvalid.exception();
        }
        await this.tokens.revoke(manager, 'password_reset', proof.accountId);
        await this.tokens.revoke(manager, 'magic_link', proof.accountId);
        await this.audit.record(manager, context, {
          type: 'email.changed',
          actorId: proof.accountId,
          subjectId: proof.accountId,
        });
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }
}
