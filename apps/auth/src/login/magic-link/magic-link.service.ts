import type { Queryable, RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { EmailLinkRequestsService } from '../../accounts/email-link-requests/index.ts';
import { AccountsRepository, MailboxProofsService } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { oneTimeTokenInvalid } from '../../email/one-time-tokens/index.ts';
import { LoginCompletionService, type LoginResult } from '../completion/index.ts';
import { magicLinksDisabled } from './magic-link.problems.ts';

/** Login with a magic link. */
@Injectable()
export class MagicLinkService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'MAGIC_LINKS_ENABLED'>,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
    private readonly linkRequests: EmailLinkRequestsService,
    private readonly completion: LoginCompletionService,
    private readonly mailboxProofs: MailboxProofsService,
  ) {}

  /**
   * Sends a link if an account has the e-mail address.
   * @throws ProblemException `magic_links_disabled`, `too_many_attempts`, `mail_off`
   */
  async request(email: string, context: RequestContext): Promise<void> {
    this.assertEnabled();
    await this.linkRequests.request('magic_link', email, context);
  }

  /**
   * Uses the link's token, which verifies the e-mail address that it was sent to, and completes the login.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `magic_links_disabled`, `one_time_token_invalid`, `sign_in_refused`
   */
  async confirm(token: string, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    this.assertEnabled();
    const link = await this.mailboxProofs.read('magic_link', token);
    return this.dataSource.transaction(async (manager) => {
      const { account } = await this.mailboxProofs.byLink(manager, link, context);
      return this.completion.complete(manager, { account, method: 'magic_link', amr: ['otp'], cookies }, context);
    });
  }

  /**
   * Uses the link that verifies the e-mail address of an account without any way to log in, and completes its first login as a magic
   * link does. Nothing else could open the account, so that nobody else has a part in it.
   * @throws ProblemException `one_time_token_invalid`, also if the account has got a way to log in meanwhile; `sign_in_refused`
   */
  async confirmFirst(token: string, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    const link = await this.mailboxProofs.read('email_verification', token);
    return this.dataSource.transaction(async (manager) => {
      const { account } = await this.mailboxProofs.byLink(manager, link, context, async ({ id }) => {
        if (!(await this.isUnopened(id, manager))) {
          throw oneTimeTokenInvalid.exception();
        }
        return true;
      });
      const ids = { actorId: account.id, subjectId: account.id };
      await this.audit.record(manager, context, { type: 'email.verified', ...ids });
      return this.completion.complete(manager, { account, method: 'magic_link', amr: ['otp'], cookies }, context);
    });
  }

  /** Whether an account has no way to log in but by mailed links, none of which has been used. */
  async isUnopened(accountId: string, on: Queryable = this.dataSource): Promise<boolean> {
    const account = await this.accounts.findOwn(on, accountId);
    return (
      account?.emailVerifiedAt === null &&
      !account.hasPassword &&
      account.passkeys === 0 &&
      account.providers.length === 0
    );
  }

  private assertEnabled(): void {
    if (!this.config.MAGIC_LINKS_ENABLED) {
      throw magicLinksDisabled.exception();
    }
  }
}
