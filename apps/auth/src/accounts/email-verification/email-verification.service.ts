import { queryRows, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';

const mailBurst = 5;

/** Proves that an account's owner gets the mails to its address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly links: EmailLinksService,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link again; nothing where the address is verified.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async resend(principal: Principal, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.rateLimits.consume({ key: `verification:account:${principal.accountId}`, burst: mailBurst });
    await this.dataSource.transaction(async (manager) => {
      const [account] = await queryRows<{ id: string; email: string }>(
        manager,
        'SELECT id, email FROM account WHERE id = $1 AND email_verified_at IS NULL',
        [principal.accountId],
      );
      if (account) {
        await this.links.send(manager, 'email_verification', account, context);
      }
    });
  }

  /**
   * Takes the link's token. It proves the address that it was sent to, and no other that the account has got since.
   * @throws ProblemException `one_time_token_invalid`
   */
  async confirm(token: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'email_verification', token);
      if (!proof || !(await this.markVerified(manager, proof.accountId, String(proof.detail['to'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      const ids = { actorId: proof.accountId, subjectId: proof.accountId };
      await this.audit.record(manager, context, { type: 'email.verified', ...ids });
    });
  }

  /**
   * Notes that the account's owner got a mail at this address, in the caller's transaction.
   * @returns whether it is still the account's address
   */
  async markVerified(manager: EntityManager, accountId: string, email: string): Promise<boolean> {
    const marked = await queryRows(
      manager,
      `UPDATE account SET email_verified_at = coalesce(email_verified_at, now())
       WHERE id = $1 AND lower(email) = lower($2) RETURNING id`,
      [accountId, email],
    );
    return marked.length > 0;
  }
}
