import { queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { addressKey, AttemptsService } from '../attempts/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { appLink, MailService, type Locale } from '../mail/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../one-time-tokens/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import type { Acceptance } from './invitations.schema.ts';

/** As the mail says. */
const ttlSeconds = 7 * 24 * 60 * 60;

/** Invites people to accounts that have no password yet. */
@Injectable()
export class InvitationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly attempts: AttemptsService,
    private readonly audit: AuditService,
    private readonly mails: MailService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly passwords: PasswordsService,
  ) {}

  /** Mails an invitation, in the caller's transaction. */
  async send(manager: EntityManager, account: { id: string; email: string }, locale: Locale): Promise<void> {
    const entry = { purpose: 'invitation', accountId: account.id, ttlSeconds } as const;
    const link = appLink(this.config.APP_URL, 'accept-invitation', await this.oneTimeTokens.issue(manager, entry));
    const variables = { email: account.email, link };
    await this.mails.send(manager, { to: account.email, template: 'invitation', locale, variables });
  }

  /**
   * Sets the first password; that the mail arrived also proves the address.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `too_many_attempts`, `hash_queue_full`
   */
  async accept({ token, password }: Acceptance, context: RequestContext): Promise<void> {
    // tokens can't be guessed: this bounds the hashes that strangers can make us compute
    const gate = {
      key: `invitation:address:${addressKey(context.address)}`,
      burst: this.config.REGISTER_ADDRESS_BURST,
    };
    await this.attempts.reserve(gate);
    this.passwords.assertStrong(password, []);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const invitation = await this.oneTimeTokens.consume(manager, 'invitation', token);
      const [account] = invitation ? await setFirstPassword(manager, invitation.accountId, passwordHash) : [];
      if (!account) {
        throw oneTimeTokenInvalid.exception();
      }
      this.passwords.assertStrong(password, [account.email]);
      await this.attempts.release(manager, gate);
      const { id } = account;
      await this.audit.record(manager, context, { type: 'invitation.accepted', actorId: id, subjectId: id });
    });
  }
}

function setFirstPassword(manager: EntityManager, id: string, passwordHash: string) {
  return queryRows<{ id: string; email: string }>(
    manager,
    `UPDATE account
     SET password_hash = $2, password_changed_at = now(), email_verified_at = coalesce(email_verified_at, now())
     WHERE id = $1 AND password_hash IS NULL AND disabled_at IS NULL RETURNING id, email`,
    [id, passwordHash],
  );
}
