import { atLeast, queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService } from '../outbox/index.ts';
import { localeOf } from '../templates/index.ts';
import { OneTimeTokensService, type OneTimePurpose } from '../one-time-tokens/index.ts';
import { emailLimits } from './email-limits.ts';

const minute = 60;
const hour = 60 * minute;

interface Link {
  page: string;
  ttlSeconds: number;
  /** Purpose of the token, if it differs from the mail's template. */
  purpose?: OneTimePurpose;
}

/** The page that each link opens, and how long it is valid. The texts of the mails name the same durations. */
const links = {
  email_change: { page: 'confirm-email', ttlSeconds: hour },
  email_verification: { page: 'verify-email', ttlSeconds: 24 * hour },
  invitation: { page: 'accept-invitation', ttlSeconds: 7 * 24 * hour },
  magic_link: { page: 'magic-link', ttlSeconds: 15 * minute },
  password_reset: { page: 'reset-password', ttlSeconds: hour },
  password_reset_required: { page: 'reset-password', ttlSeconds: hour, purpose: 'password_reset' },
} as const;

/** What a link is for: the template of its mail and, by default, the purpose of its token. */
export type LinkPurpose = keyof typeof links;

/** Longer than storing a mail in the outbox takes, in ms. */
const answerMs = 150;

/** Sends links with a one-time token by e-mail. */
@Injectable()
export class EmailLinksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends a link to an account's owner, in the caller's transaction. The token proves access to the recipient's mailbox.
   * @param context the request whose `accept-language` selects the language
   * @param to recipient's e-mail address, if it is not the account's own
   */
  async send(
    manager: EntityManager,
    template: LinkPurpose,
    account: { id: string; email: string },
    context: RequestContext | null,
    to = account.email,
  ): Promise<void> {
    const { page, ttlSeconds, purpose = template as OneTimePurpose }: Link = links[template];
    const detail = { email: account.email, to };
    const token = await this.tokens.issue(manager, { purpose, accountId: account.id, ttlSeconds, detail });
    await this.mails.send(manager, {
      to,
      template,
      locale: localeOf(context?.acceptLanguage ?? null),
      variables: { email: to, link: `${this.config.APP_URL}/${page}?token=${token}` },
    });
  }

  /**
   * Mails a link to whoever an address belongs to, asked by somebody who has not logged in. The answer, and the time it
   * takes, do not tell whether there is such an account.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async request(purpose: 'magic_link' | 'password_reset', email: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    for (const limit of emailLimits(purpose, email, context.address)) {
      await this.rateLimits.consume(limit);
    }
    await atLeast(answerMs, this.sendIfKnown(purpose, email, context));
  }

  private async sendIfKnown(purpose: LinkPurpose, email: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [account] = await queryRows<{ id: string; email: string }>(
        manager,
        'SELECT id, email FROM account WHERE lower(email) = lower($1)',
        [email],
      );
      if (account) {
        await this.send(manager, purpose, account, context);
      }
      const detail = { purpose };
      await this.audit.record(manager, context, { type: 'link.requested', subjectId: account?.id ?? null, detail });
    });
  }
}
