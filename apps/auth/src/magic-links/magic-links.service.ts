import { atLeast, queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService } from '../accounts/index.ts';
import { AttemptsService, mailGates } from '../attempts/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { EmailVerificationService } from '../email-verification/index.ts';
import { localeOf, MailService } from '../mail/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../one-time-tokens/index.ts';
import { SignInService, type SignedIn } from '../sign-in/index.ts';

const ttlSeconds = 15 * 60;
/** Longer than it takes to write a mail into the outbox. */
const answerMs = 150;

/** Logs in those who get mails at an account's address. */
@Injectable()
export class MagicLinksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly accounts: AccountsService,
    private readonly signIn: SignInService,
    private readonly tokens: OneTimeTokensService,
    private readonly verification: EmailVerificationService,
    private readonly mails: MailService,
    private readonly attempts: AttemptsService,
  ) {}

  /**
   * Mails the link if there is such an account; the answer, and the time it takes, do not tell.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async request(email: string, context: RequestContext): Promise<void> {
    this.mails.assertOn();
    for (const gate of mailGates('magic_link', email, context.address)) {
      await this.attempts.reserve(gate);
    }
    await atLeast(answerMs, this.mailIfKnown(email, context));
  }

  /**
   * Takes the link's token and starts a session.
   * @param cookies the request's `cookie` header, which may tell a known device
   * @throws ProblemException `one_time_token_invalid`
   */
  async confirm(token: string, cookies: string | undefined, context: RequestContext): Promise<SignedIn> {
    return this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'magic_link', token);
      const account = proof && (await this.accounts.findById(manager, proof.accountId));
      if (!account || !(await this.verification.markVerified(manager, account.id, String(proof.detail['email'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      return this.signIn.complete(manager, { account, method: 'magic_link', cookies }, context);
    });
  }

  private async mailIfKnown(email: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [account] = await queryRows<{ id: string; email: string }>(
        manager,
        'SELECT id, email FROM account WHERE lower(email) = lower($1)',
        [email],
      );
      if (!account) {
        return;
      }
      const detail = { email: account.email };
      const token = await this.tokens.issue(manager, {
        purpose: 'magic_link',
        accountId: account.id,
        ttlSeconds,
        detail,
      });
      await this.mails.send(manager, {
        to: account.email,
        template: 'magic_link',
        locale: localeOf(context.acceptLanguage),
        variables: { email: account.email, link: `${this.config.APP_URL}/magic-link?token=${token}` },
      });
    });
  }
}
