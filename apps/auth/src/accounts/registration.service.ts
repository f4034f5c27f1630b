import { atLeast, isUniqueViolation, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { statedLocale } from '../texts/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import type { AccountDetails, StoredAccount } from './account.ts';
import { emailTaken, registrationClosed } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';
import type { Registration } from './accounts.schema.ts';
import type { NewAccount } from './new-account.ts';

/** Longer than it takes to write an account and a mail. */
const concealedMs = 150;

/** Creates accounts for people who register, and the first admin. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG)
    private readonly config: Pick<AuthConfig, 'CONCEAL_TAKEN_EMAILS' | 'REGISTER_ADDRESS_BURST' | 'REGISTRATION_OPEN'>,
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
  ) {}

  /** Whether people can register. If not, their accounts come from invitations and from admins. */
  get isOpen(): boolean {
    return this.config.REGISTRATION_OPEN;
  }

  /**
   * Registers a user, and sends the mail that verifies the e-mail address. With `CONCEAL_TAKEN_EMAILS` an owner of a taken
   * e-mail address gets a mail, and the result is the same.
   * @returns nothing with `CONCEAL_TAKEN_EMAILS`
   * @throws ProblemException `registration_closed`, `password_too_weak`, `password_breached`, `email_taken`,
   *   `too_many_attempts`, `hash_queue_full`
   */
  async register(
    { email, password, ...profile }: Registration,
    context: RequestContext,
  ): Promise<AccountDetails | undefined> {
    if (!this.isOpen) {
      throw registrationClosed.exception();
    }
    await this.passwords.holdPlace(async () => {
      await this.consumeLimit(context);
      await this.passwords.assertStrong(password, [email]);
    });
    const passwordHash = await this.passwords.hash(password);
    const locale = statedLocale(context.acceptLanguage);
    const account = { email, passwordHash, roles: ['user' as const], profile: { locale, ...profile } };
    if (!this.config.CONCEAL_TAKEN_EMAILS) {
      return this.create(account, context);
    }
    await atLeast(concealedMs, this.createOrTell(account, context));
    return undefined;
  }

  /**
   * Registers a user without a password, and sends the mail that verifies the e-mail address: its link opens the account for the first
   * time. An owner of a taken e-mail address gets another mail, and the result is the same.
   * @throws ProblemException `registration_closed`, `mail_off`, `too_many_attempts`
   */
  async registerByMail(email: string, context: RequestContext): Promise<void> {
    if (!this.isOpen) {
      throw registrationClosed.exception();
    }
    this.mails.assertEnabled();
    await this.consumeLimit(context);
    const profile = { locale: statedLocale(context.acceptLanguage) };
    await atLeast(concealedMs, this.createOrTell({ email, passwordHash: null, roles: ['user'], profile }, context));
  }

  /**
   * Counts a registration from the caller's IP address.
   * @throws ProblemException `too_many_attempts`
   */
  async consumeLimit({ address: ipAddress }: RequestContext): Promise<void> {
    const key = `register:address:${ipKey(ipAddress)}`;
    await this.rateLimits.consume({ key, burst: this.config.REGISTER_ADDRESS_BURST });
  }

  /**
   * Registers a user without a password whose e-mail address is verified, in the caller's transaction.
   * @param detail for the audit trail
   * @returns nothing if another account has the e-mail address, or if registration is closed
   */
  async registerVerified(
    manager: EntityManager,
    email: string,
    detail: Record<string, unknown>,
    context: RequestContext,
  ): Promise<StoredAccount | undefined> {
    if (!this.isOpen) {
      return undefined;
    }
    const account = await this.accounts.insertVerified(manager, email, statedLocale(context.acceptLanguage));
    if (account) {
      const { id } = account;
      await this.audit.record(manager, context, { type: 'account.registered', actorId: id, subjectId: id, detail });
    }
    return account;
  }

  /**
   * Creates an account with the admin role, for the command line. Who runs it vouches for the e-mail address, so it is verified.
   * @throws ProblemException `password_too_weak`, `password_breached`, `email_taken`
   */
  async createAdmin({ email, password }: Pick<Registration, 'email' | 'password'>): Promise<AccountDetails> {
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    return this.create({ email, passwordHash, roles: ['user', 'admin'], profile: {} }, null);
  }

  /** Creates an account, or tells the owner of the e-mail address by mail that there is one, by the same statements. */
  private async createOrTell(entry: NewAccount, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const account =
        (await this.accounts.insertOrFind(manager, entry)) ?? (await this.accounts.findByEmail(manager, entry.email));
      if (!account) {
        return;
      }
      const { id } = account;
      if ('isNew' in account && account.isNew) {
        await this.audit.record(manager, context, { type: 'account.registered', actorId: id, subjectId: id });
        await this.links.send(manager, 'email_verification', account, context);
      } else {
        const detail = { purpose: 'account_exists' };
        await this.audit.record(manager, context, { type: 'link.requested', subjectId: id, detail });
        await this.links.send(manager, 'account_exists', account, context);
      }
    });
  }

  private async create(entry: NewAccount, context: RequestContext | null): Promise<AccountDetails> {
    const isAdmin = entry.roles.includes('admin');
    const type = isAdmin ? 'admin.created' : 'account.registered';
    try {
      return await this.dataSource.transaction(async (manager) => {
        const account = await this.accounts.insert(manager, entry);
        const { id } = account;
        await this.audit.record(manager, context, { type, actorId: context && id, subjectId: id });
        if (isAdmin) {
          return this.accounts.markVerified(manager, id);
        }
        await this.links.send(manager, 'email_verification', account, context);
        return account;
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }
}
