import { isUniqueViolation, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { RateLimitsService } from '../../rate-limits/index.ts';
import {
  AccountAccessService,
  AccountsRepository,
  emailTaken,
  NoticesService,
  ReauthenticationService,
} from '../index.ts';

const requestBurst = 5;

/** Changes an account's e-mail address, once its owner has proved to receive mail at the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly access: AccountAccessService,
    private readonly reauthentication: ReauthenticationService,
    private readonly links: EmailLinksService,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly notices: NoticesService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link to the new e-mail address and a notice to the old one. The response does not tell whether another
   * account has the new one.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`, `hash_queue_full`, `mail_off`, `token_invalid`
   */
  async request(principal: Principal, newEmail: string, password: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    const account = await this.reauthentication.byPassword(principal, password);
    const { id } = account;
    await this.rateLimits.consume({ key: `email_change:account:${id}`, burst: requestBurst });
    await this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.tokens.revoke(manager, 'email_change', id);
      await this.links.send(manager, 'email_change', account, context, newEmail);
      await this.notices.send(manager, id, 'email_change_notice', context, { variables: { new_email: newEmail } });
      await this.audit.record(manager, context, { type: 'email.change_requested', actorId: id, subjectId: id });
    });
  }

  /**
   * Consumes the link's token and changes the e-mail address. What is pending ends, such as links sent to the old one.
   * @throws ProblemException `one_time_token_invalid`, `email_taken`
   */
  async confirm(token: string, context: RequestContext): Promise<void> {
    const link = await this.tokens.peek('email_change', token);
    if (!link) {
      throw oneTimeTokenInvalid.exception();
    }
    const { accountId: id } = link;
    try {
      await this.dataSource.transaction(async (manager) => {
        // the account first, as acts that end its tokens do
        await this.accounts.lock(manager, id);
        await this.change(manager, id, token, context);
        await this.access.endPending(manager, id);
        await this.audit.record(manager, context, { type: 'email.changed', actorId: id, subjectId: id });
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }

  private async change(manager: EntityManager, id: string, token: string, context: RequestContext): Promise<void> {
    const proof = await this.tokens.consume(manager, 'email_change', token);
    if (!proof) {
      throw oneTimeTokenInvalid.exception();
    }
    const { email, to } = proof.detail as { email: string; to: string };
    const before = await this.accounts.findDetails(manager, id);
    if (!before || !(await this.accounts.changeEmail(manager, id, email, to))) {
      throw oneTimeTokenInvalid.exception();
    }
    const variables = { email: before.email, new_email: to };
    for (const recipient of [before, { ...before, email: to, emailVerifiedAt: new Date() }]) {
      await this.notices.sendTo(manager, recipient, 'email_changed', context, { variables });
    }
  }
}
