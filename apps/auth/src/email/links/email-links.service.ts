import type { RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService } from '../outbox/index.ts';
import { localeOf, type Locale } from '../templates/index.ts';
import { OneTimeTokensService, type OneTimePurpose } from '../one-time-tokens/index.ts';

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

/** Sends links with a one-time token by e-mail. */
@Injectable()
export class EmailLinksService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly tokens: OneTimeTokensService,
    private readonly mail: MailService,
  ) {}

  /**
   * Sends a link to an account's owner, in the caller's transaction. The token proves access to the recipient's mailbox.
   * @param context the request whose `accept-language` selects the language, if none is stored for the account
   * @param to recipient's e-mail address, if it is not the account's own
   */
  async send(
    manager: EntityManager,
    template: LinkPurpose,
    account: { id: string; email: string; locale: Locale | null },
    context: RequestContext | null,
    to = account.email,
  ): Promise<void> {
    const { page, ttlSeconds, purpose = template as OneTimePurpose }: Link = links[template];
    const detail = { email: account.email, to };
    const token = await this.tokens.issue(manager, { purpose, accountId: account.id, ttlSeconds, detail });
    await this.mail.send(manager, {
      accountId: account.id,
      to,
      template,
      locale: account.locale ?? localeOf(context?.acceptLanguage ?? null),
      variables: { email: to, link: `${this.config.APP_URL}/${page}?token=${token}` },
      ttlSeconds,
    });
  }
}
