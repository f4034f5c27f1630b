import { isUniqueViolation, queryRows, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService, emailTaken } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { localeOf, MailService } from '../mail/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../one-time-tokens/index.ts';

const ttlSeconds = 60 * 60;

/** Changes an account's address, once its owner has shown to get mails at the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly accounts: AccountsService,
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
    this.mails.assertOn();
    const { id, email } = await this.accounts.reauthenticate(principal, password);
    const locale = localeOf(context.acceptLanguage);
    await this.dataSource.transaction(async (manager) => {
      await this.tokens.revoke(manager, 'email_change', id);
      const detail = { from: email, to: newEmail };
      const token = await this.tokens.issue(manager, { purpose: 'email_change', accountId: id, ttlSeconds, detail });
      const link = `${this.config.APP_URL}/confirm-email?token=${token}`;
      await this.mails.send(manager, {
        to: newEmail,
        template: 'email_change',
        locale,
        variables: { email: newEmail, link },
      });
      await this.mails.send(manager, {
        to: email,
        template: 'email_change_notice',
        locale,
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
        const { from, to } = (proof?.detail ?? {}) as { from?: string; to?: string };
        const changed = await queryRows(
          manager,
          'UPDATE account SET email = $3, email_verified_at = now() WHERE id = $1 AND email = $2 RETURNING id',
          [proof?.accountId, from, to],
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
