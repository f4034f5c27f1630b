import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { AccountsRepository } from '../index.ts';

const resendBurst = 5;

/** Verifies that an account's owner receives mail at its e-mail address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly links: EmailLinksService,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link again, unless the e-mail address is verified.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async resend({ accountId }: Principal, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.rateLimits.consume({ key: `verification:account:${accountId}`, burst: resendBurst });
    await this.dataSource.transaction(async (manager) => {
      const account = await this.accounts.findDetails(manager, accountId);
      if (account?.emailVerifiedAt === null) {
        await this.links.send(manager, 'email_verification', account, context);
      }
    });
  }

  /**
   * Consumes the link's token. It verifies only the e-mail address that the link was sent to.
   * @throws ProblemException `one_time_token_invalid`
   */
  async confirm(token: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'email_verification', token);
      if (!proof || !(await this.accounts.markVerified(manager, proof.accountId, String(proof.detail['to'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      const ids = { actorId: proof.accountId, subjectId: proof.accountId };
      await this.audit.record(manager, context, { type: 'email.verified', ...ids });
    });
  }
}
