import { Injectable } from '@nestjs/common';
import { OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { MagicLinkService } from '../../login/magic-link/index.ts';

/** What each page's token is for. */
const purposes = {
  'accept-invitation': 'invitation',
  'confirm-email': 'email_change',
  'magic-link': 'magic_link',
  'reset-password': 'password_reset',
  'verify-email': 'email_verification',
} as const;

/** The pages that mailed links open, by path. */
export type LinkPath = keyof typeof purposes;

/** A link that has not been used. */
export interface MailedLink {
  token: string;
  accountId: string;
  /** The e-mail address that it was sent to. */
  to: string;
  /** Whether it opens an account that has no other way to sign in. */
  isFirst: boolean;
}

/** Reads what mailed links stand for, so that their pages can say whose account they change. */
@Injectable()
export class MailedLinksReader {
  constructor(
    private readonly tokens: OneTimeTokensService,
    private readonly magicLink: MagicLinkService,
  ) {}

  /** The link of a token, which stays unused; undefined if it is not valid. */
  async read(path: LinkPath, token: string): Promise<MailedLink | undefined> {
    const facts = await this.tokens.peek(purposes[path], token);
    if (!facts) {
      return undefined;
    }
    const { accountId, detail } = facts;
    const isFirst = path === 'verify-email' && (await this.magicLink.isUnopened(accountId));
    return { token, accountId, to: String(detail['to']), isFirst };
  }
}
