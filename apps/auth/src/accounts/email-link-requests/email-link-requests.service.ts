import { atLeast, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { AccountsRepository } from '../index.ts';
import { emailLinkLimits } from './email-link-limits.ts';

/** Longer than it takes to write a mail into the outbox. */
const answerMs = 150;

/** What somebody who is not logged in can request a link for. */
type RequestedPurpose = 'email_verification' | 'magic_link' | 'password_reset';

/** Sends a link to the owner of an account, as requested by somebody who is not logged in. */
@Injectable()
export class EmailLinkRequestsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends a link if an account has the e-mail address; one to verify it only if it is not verified. Neither the response nor its time tells whether one has.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async request(purpose: RequestedPurpose, email: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    for (const limit of emailLinkLimits(purpose, email, context.address)) {
      await this.rateLimits.consume(limit);
    }
    await atLeast(answerMs, this.sendIfKnown(purpose, email, context));
  }

  private async sendIfKnown(purpose: RequestedPurpose, email: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const account = await this.accounts.findByEmail(manager, email);
      if (account && !(purpose === 'email_verification' && account.isVerified)) {
        await this.links.send(manager, purpose, account, context);
      }
      const subjectId = account?.id ?? null;
      await this.audit.record(manager, context, { type: 'link.requested', subjectId, detail: { purpose } });
    });
  }
}
