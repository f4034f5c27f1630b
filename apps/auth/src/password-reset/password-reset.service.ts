import { atLeast, queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsService } from '../accounts/index.ts';
import { AttemptsService, mailGates } from '../attempts/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { EmailVerificationService } from '../email-verification/index.ts';
import { localeOf, MailService } from '../mail/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../one-time-tokens/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { SessionsService } from '../sessions/index.ts';

const ttlSeconds = 60 * 60;
/** Longer than it takes to write a mail into the outbox. */
const answerMs = 150;

/** Sets a new password for those who have lost theirs. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly accounts: AccountsService,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokensService,
    private readonly verification: EmailVerificationService,
    private readonly mails: MailService,
    private readonly attempts: AttemptsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link if there is such an account; the answer, and the time it takes, do not tell.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async request(email: string, context: RequestContext): Promise<void> {
    this.mails.assertOn();
    for (const gate of mailGates('password_reset', email, context.address)) {
      await this.attempts.reserve(gate);
    }
    await atLeast(answerMs, this.mailIfKnown(email, context));
  }

  /**
   * Mails the link, in the caller's transaction.
   * @param context whose language the mail is written in
   */
  async send(manager: EntityManager, account: { id: string; email: string }, context: RequestContext): Promise<void> {
    const detail = { email: account.email };
    const token = await this.tokens.issue(manager, {
      purpose: 'password_reset',
      accountId: account.id,
      ttlSeconds,
      detail,
    });
    await this.mails.send(manager, {
      to: account.email,
      template: 'password_reset',
      locale: localeOf(context.acceptLanguage),
      variables: { email: account.email, link: `${this.config.APP_URL}/reset-password?token=${token}` },
    });
  }

  /**
   * Takes the link's token, sets the password and ends all sessions. A password that is refused leaves the token good.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `hash_queue_full`
   */
  async confirm(token: string, password: string, context: RequestContext): Promise<void> {
    const claim = await this.tokens.peek('password_reset', token);
    if (!claim) {
      throw oneTimeTokenInvalid.exception();
    }
    const email = String(claim.detail['email']);
    this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'password_reset', token);
      if (!proof || !(await this.verification.markVerified(manager, proof.accountId, email))) {
        throw oneTimeTokenInvalid.exception();
      }
      await this.accounts.setPassword(manager, { id: proof.accountId, email }, passwordHash, context);
      await this.tokens.revoke(manager, 'password_reset', proof.accountId);
      await this.sessions.revokeAllOf(manager, proof.accountId, context);
    });
  }

  private async mailIfKnown(email: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [account] = await queryRows<{ id: string; email: string }>(
        manager,
        'SELECT id, email FROM account WHERE lower(email) = lower($1)',
        [email],
      );
      if (account) {
        await this.send(manager, account, context);
      }
      await this.audit.record(manager, context, { type: 'password.reset_requested', subjectId: account?.id ?? null });
    });
  }
}
