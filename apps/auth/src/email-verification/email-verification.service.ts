import { queryRows, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AttemptsService } from '../attempts/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { localeOf, MailService } from '../mail/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../one-time-tokens/index.ts';

const ttlSeconds = 24 * 60 * 60;
const mailBurst = 5;

/** Proves that an account's owner gets the mails to its address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly attempts: AttemptsService,
    private readonly audit: AuditService,
  ) {}

  /** Mails the link, in the caller's transaction. */
  async send(
    manager: EntityManager,
    account: { id: string; email: string },
    context: RequestContext | null,
  ): Promise<void> {
    const detail = { email: account.email };
    const token = await this.tokens.issue(manager, {
      purpose: 'email_verification',
      accountId: account.id,
      ttlSeconds,
      detail,
    });
    await this.mails.send(manager, {
      to: account.email,
      template: 'email_verification',
      locale: localeOf(context?.acceptLanguage ?? null),
      variables: { email: account.email, link: `${this.config.APP_URL}/verify-email?token=${token}` },
    });
  }

  /**
   * Mails the link again; nothing where the address is verified.
   * @throws ProblemException `too_many_attempts`, `mail_off`
   */
  async resend(principal: Principal, context: RequestContext): Promise<void> {
    this.mails.assertOn();
    await this.attempts.reserve({ key: `verification:account:${principal.accountId}`, burst: mailBurst });
    await this.dataSource.transaction(async (manager) => {
      const [account] = await queryRows<{ id: string; email: string }>(
        manager,
        'SELECT id, email FROM account WHERE id = $1 AND email_verified_at IS NULL',
        [principal.accountId],
      );
      if (account) {
        await this.send(manager, account, context);
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
      if (!proof || !(await this.markVerified(manager, proof.accountId, String(proof.detail['email'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      await this.audit.record(manager, context, {
        type: 'email.verified',
        actorId: proof.accountId,
        subjectId: proof.accountId,
      });
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
