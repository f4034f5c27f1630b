import type { RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService } from '../outbox/index.ts';
import { localeOf, type Locale } from '../../texts/index.ts';
import { OneTimeTokensService, type OneTimePurpose, type OneTimeTokenEntry } from '../one-time-tokens/index.ts';

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
  account_exists: { page: 'reset-password', ttlSeconds: hour, purpose: 'password_reset' },
  email_change: { page: 'confirm-email', ttlSeconds: hour },
  email_verification: { page: 'verify-email', ttlSeconds: 24 * hour },
  invitation: { page: 'accept-invitation', ttlSeconds: 7 * 24 * hour },
  magic_link: { page: 'magic-link', ttlSeconds: 15 * minute },
  password_reset: { page: 'reset-password', ttlSeconds: hour },
  password_reset_required: { page: 'reset-password', ttlSeconds: hour, purpose: 'password_reset' },
} as const;

/** What a link is for: the template of its mail and, by default, the purpose of its token. */
export type LinkPurpose = keyof typeof links;

interface LinkOwner {
  id: string;
  email: string;
  locale: Locale | null;
}

/** A link that another account's owner gets. */
interface OtherLink {
  template: LinkPurpose;
  account: LinkOwner;
}

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
   * @param instead the link that is sent instead, to the owner of the account that has the recipient's e-mail address. The same is
   *   stored about `account`, by the same statements, but nobody gets its token
   */
  async send(
    manager: EntityManager,
    template: LinkPurpose,
    account: LinkOwner,
    context: RequestContext | null,
    to = account.email,
    instead?: OtherLink,
  ): Promise<void> {
    const stored = { template, account, to };
    const sent = instead ? { ...instead, to: instead.account.email } : stored;
    const tokens = await this.tokens.issueAll(manager, (instead ? [stored, sent] : [sent]).map(tokenOf));
    const mailTo = (mail: typeof sent) => ({
      to: mail.to,
      template: mail.template,
      locale: mail.account.locale ?? localeOf(context?.acceptLanguage ?? null),
    });
    await this.mail.send(manager, {
      ...mailTo(stored),
      accountId: account.id,
      variables: {
        email: sent.to,
        link: `${this.config.APP_URL}/${links[sent.template].page}?token=${String(tokens.at(-1))}`,
      },
      ttlSeconds: links[template].ttlSeconds,
      ...(instead && { instead: mailTo(sent) }),
    });
  }
}

function tokenOf({ template, account, to }: OtherLink & { to: string }): OneTimeTokenEntry {
  const { ttlSeconds, purpose = template as OneTimePurpose }: Link = links[template];
  return { purpose, accountId: account.id, ttlSeconds, detail: { email: account.email, to } };
}
