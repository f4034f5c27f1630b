import { isUniqueViolation, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { statedLocale } from '../email/templates/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import type { Role } from './account.entity.ts';
import type { AccountDetails, StoredAccount } from './account.ts';
import { emailTaken } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';

interface Credentials {
  email: string;
  password: string;
}

/** Creates accounts for people who register, and the first admin. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'REGISTER_ADDRESS_BURST'>,
    private readonly accounts: AccountsRepository,
    private readonly passwords: PasswordsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
  ) {}

  /**
   * Registers a user, and sends the mail that verifies the e-mail address.
   * @throws ProblemException `password_too_weak`, `password_breached`, `email_taken`, `too_many_attempts`, `hash_queue_full`
   */
  async register(credentials: Credentials, context: RequestContext): Promise<AccountDetails> {
    await this.passwords.holdPlace(async () => {
      await this.consumeLimit(context);
      await this.passwords.assertStrong(credentials.password, [credentials.email]);
    });
    return this.create(credentials, ['user'], context);
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
   * @returns nothing if another account has the e-mail address
   */
  async registerVerified(
    manager: EntityManager,
    email: string,
    detail: Record<string, unknown>,
    context: RequestContext,
  ): Promise<StoredAccount | undefined> {
    const account = await this.accounts.insertVerified(manager, email, statedLocale(context.acceptLanguage));
    if (account) {
      const { id } = account;
      await this.audit.record(manager, context, { type: 'account.registered', actorId: id, subjectId: id, detail });
    }
    return account;
  }

  /**
   * Creates an account with the admin role, for the command line.
   * @throws ProblemException `password_too_weak`, `password_breached`, `email_taken`
   */
  async createAdmin(credentials: Credentials): Promise<AccountDetails> {
    await this.passwords.assertStrong(credentials.password, [credentials.email]);
    return this.create(credentials, ['user', 'admin'], null);
  }

  private async create(
    { email, password }: Credentials,
    roles: Role[],
    context: RequestContext | null,
  ): Promise<AccountDetails> {
    const passwordHash = await this.passwords.hash(password);
    const locale = statedLocale(context?.acceptLanguage ?? null);
    const type = roles.includes('admin') ? 'admin.created' : 'account.registered';
    try {
      return await this.dataSource.transaction(async (manager) => {
        const account = await this.accounts.insert(manager, { email, passwordHash, roles, locale });
        const { id } = account;
        await this.audit.record(manager, context, { type, actorId: context && id, subjectId: id });
        await this.links.send(manager, 'email_verification', account, context);
        return account;
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }
}
