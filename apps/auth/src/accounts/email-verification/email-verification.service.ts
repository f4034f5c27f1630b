import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { AccountsRepository, MailboxProofsService, passwordIncorrect, ReauthenticationService } from '../index.ts';
import type { VerificationConfirmation } from './email-verification.schema.ts';

const resendBurst = 5;

/** Verifies that an account's owner receives mail at its e-mail address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly links: EmailLinksService,
    private readonly mailboxProofs: MailboxProofsService,
    private readonly mails: MailService,
    private readonly reauthentication: ReauthenticationService,
    private readonly sessions: SessionsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link again, unless the e-mail address is verified.
   * @throws ProblemException `too_many_attempts`, `mail_off`, `token_invalid`
   */
  async resend(principal: Principal, context: RequestContext): Promise<void> {
    const { accountId } = principal;
    this.mails.assertEnabled();
    await this.rateLimits.consume({ key: `verification:account:${accountId}`, burst: resendBurst });
    await this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, principal);
      const account = await this.accounts.findDetails(manager, accountId);
      if (account?.emailVerifiedAt === null) {
        await this.links.send(manager, 'email_verification', account, context);
      }
    });
  }

  /**
   * Consumes the link's token. It verifies only the e-mail address that the link was sent to. Without a session of the account and
   * without its password, the caller may not be the person who registered it: everything that opens it is removed.
   * @param caller whose access token the request has
   * @throws ProblemException `one_time_token_invalid`, `password_incorrect`, `too_many_attempts`, `hash_queue_full`,
   *   `token_invalid`
   */
  async confirm(
    { token, password }: VerificationConfirmation,
    caller: Principal | undefined,
    context: RequestContext,
  ): Promise<void> {
    const link = await this.mailboxProofs.read('email_verification', token);
    const holder = password === undefined ? undefined : await this.reauthentication.byPassword(link, password);
    await this.dataSource.transaction(async (manager) => {
      const { account } = await this.mailboxProofs.byLink(manager, link, context, async ({ id, securityEpoch }) => {
        if (holder && holder.securityEpoch !== securityEpoch) {
          throw passwordIncorrect.exception();
        }
        if (caller?.accountId === id) {
          await this.sessions.assertActive(manager, caller);
        }
        return holder !== undefined || caller?.accountId === id;
      });
      await this.audit.record(manager, context, { type: 'email.verified', actorId: account.id, subjectId: account.id });
    });
  }
}
