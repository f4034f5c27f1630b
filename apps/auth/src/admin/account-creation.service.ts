import { isUniqueViolation, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, emailTaken, type AccountDetails, type StoredAccount } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { adminActions, type AdminAction } from './admin.metrics.ts';
import type { Invitation, NewAccount } from './admin.schema.ts';

/** Creates accounts for other people. */
@Injectable()
export class AccountCreationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly passwords: PasswordsService,
  ) {}

  /** @throws ProblemException `email_taken`, `password_too_weak`, `password_breached`, `hash_queue_full` */
  async create(
    { email, password, roles }: NewAccount,
    actorId: string,
    context: RequestContext,
  ): Promise<AccountDetails> {
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    return this.insert('account.created', { email, passwordHash, roles, locale: null }, actorId, context);
  }

  /**
   * Creates an account without a password, and sends its owner a link to set one.
   * @throws ProblemException `email_taken`, `mail_off`
   */
  async invite(
    { email, roles, locale }: Invitation,
    actorId: string,
    context: RequestContext,
  ): Promise<AccountDetails> {
    this.mails.assertEnabled();
    const entry = { email, passwordHash: null, roles, locale: locale ?? null };
    return this.insert('account.invited', entry, actorId, context, (manager, account) =>
      this.links.send(manager, 'invitation', account, context),
    );
  }

  private async insert(
    type: AdminAction,
    entry: Pick<StoredAccount, 'email' | 'passwordHash' | 'roles' | 'locale'>,
    actorId: string,
    context: RequestContext,
    notify?: (manager: EntityManager, account: AccountDetails) => Promise<void>,
  ): Promise<AccountDetails> {
    try {
      const inserted = await this.dataSource.transaction(async (manager) => {
        const account = await this.accounts.insert(manager, entry);
        await notify?.(manager, account);
        const { id, roles } = account;
        await this.audit.record(manager, context, { type, actorId, subjectId: id, detail: { roles } });
        return account;
      });
      adminActions.inc({ type });
      return inserted;
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }
}
