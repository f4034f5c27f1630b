import { isUniqueViolation, problems, queryRows, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { MailService } from '../email/outbox/index.ts';
import { localeOf } from '../email/templates/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { Account, type Role } from './account.entity.ts';
import { emailTaken, passwordIncorrect } from './accounts.problems.ts';
import type { AccountView } from './accounts.schema.ts';

/** What a login needs to know of an account. */
export type KnownAccount = Pick<Account, 'id' | 'email' | 'passwordHash' | 'roles' | 'secondFactor'>;

/** The columns of a {@link KnownAccount}. */
const knownColumns = 'id, email, password_hash AS "passwordHash", roles, second_factor AS "secondFactor"';

/** What its owner may see of an account, and the hash. */
type StoredAccount = KnownAccount & Pick<Account, 'emailVerifiedAt' | 'createdAt' | 'passwordChangedAt'>;

const loadStatement = `
  SELECT ${knownColumns}, email_verified_at AS "emailVerifiedAt", created_at AS "createdAt",
    password_changed_at AS "passwordChangedAt"
  FROM account WHERE id = $1`;

interface Credentials {
  email: string;
  password: string;
}

/** Creates accounts, and does what their owners ask. */
@Injectable()
export class AccountsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
  ) {}

  /**
   * Registers a user.
   * @throws ProblemException `password_too_weak`, `password_breached`, `email_taken`, `too_many_attempts`, `hash_queue_full`
   */
  async register(credentials: Credentials, context: RequestContext): Promise<AccountView> {
    await this.passwords.holdPlace(async () => {
      await this.consumeRegistration(context);
      await this.passwords.assertStrong(credentials.password, [credentials.email]);
    });
    return this.create(credentials, ['user'], context);
  }

  /**
   * Counts a registration from the caller's address.
   * @throws ProblemException `too_many_attempts`
   */
  async consumeRegistration({ address }: RequestContext): Promise<void> {
    const key = `register:address:${ipKey(address)}`;
    await this.rateLimits.consume({ key, burst: this.config.REGISTER_ADDRESS_BURST });
  }

  /**
   * Creates an account without a password for a verified address, in the caller's transaction.
   * @param detail for the audit trail
   * @returns nothing where the address has an account
   */
  async createVerified(
    manager: EntityManager,
    email: string,
    detail: Record<string, unknown>,
    context: RequestContext,
  ): Promise<KnownAccount | undefined> {
    const [account] = await queryRows<KnownAccount>(
      manager,
      `INSERT INTO account (id, email, roles, email_verified_at) VALUES ($1, $2, '{user}', now())
       ON CONFLICT (lower(email)) DO NOTHING RETURNING ${knownColumns}`,
      [uuidv7(), email],
    );
    if (account) {
      const { id } = account;
      await this.audit.record(manager, context, { type: 'account.registered', actorId: id, subjectId: id, detail });
    }
    return account;
  }

  /** The account of an address that is verified to be its owner's; both stay so until the caller's transaction ends. */
  async lockVerified(manager: EntityManager, email: string): Promise<KnownAccount | undefined> {
    const [account] = await queryRows<KnownAccount>(
      manager,
      `SELECT ${knownColumns} FROM account
       WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL FOR NO KEY UPDATE`,
      [email],
    );
    return account;
  }

  /**
   * Creates an account with the admin role, for the command line.
   * @throws ProblemException `password_too_weak`, `password_breached`, `email_taken`
   */
  async createAdmin(credentials: Credentials): Promise<AccountView> {
    await this.passwords.assertStrong(credentials.password, [credentials.email]);
    return this.create(credentials, ['user', 'admin'], null);
  }

  /** Finds by id, in the caller's transaction. */
  async findById(manager: EntityManager, id: string): Promise<KnownAccount | undefined> {
    const [row] = await queryRows<KnownAccount>(manager, `SELECT ${knownColumns} FROM account WHERE id = $1`, [id]);
    return row;
  }

  /** @throws ProblemException `token_invalid` where the account has been deleted meanwhile */
  async view(principal: Principal): Promise<AccountView> {
    return viewOf(await this.load(principal));
  }

  /**
   * Changes the password and ends the account's other sessions.
   * @throws ProblemException `password_incorrect`, `password_too_weak`, `password_breached`, `too_many_attempts`
   */
  async changePassword(principal: Principal, current: string, next: string, context: RequestContext): Promise<void> {
    const account = await this.reauthenticate(principal, current);
    await this.passwords.assertStrong(next, [account.email]);
    const passwordHash = await this.passwords.hash(next);
    await this.dataSource.transaction(async (manager) => {
      const changed = await queryRows(
        manager,
        `UPDATE account SET password_hash = $3, password_changed_at = now()
         WHERE id = $1 AND password_hash = $2 RETURNING id`,
        [account.id, account.passwordHash, passwordHash],
      );
      if (changed.length === 0) {
        // of two changes at once the first one stands
        throw passwordIncorrect.exception();
      }
      await this.sessions.revokeOthers(manager, principal, context);
      await this.announcePassword(manager, account, context);
    });
  }

  /** Sets a password whose hash is given, in the caller's transaction, and tells the owner. */
  async setPassword(
    manager: EntityManager,
    account: { id: string; email: string },
    passwordHash: string,
    context: RequestContext,
  ): Promise<void> {
    await manager.query('UPDATE account SET password_hash = $2, password_changed_at = now() WHERE id = $1', [
      account.id,
      passwordHash,
    ]);
    await this.announcePassword(manager, account, context);
  }

  /** Stores the hash of the same password under today's parameters, unless the password has changed meanwhile. */
  async replaceHash(account: KnownAccount, password: string): Promise<void> {
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.query('UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2', [
      account.id,
      account.passwordHash,
      passwordHash,
    ]);
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`
   */
  async delete(principal: Principal, password: string, context: RequestContext): Promise<void> {
    const account = await this.reauthenticate(principal, password);
    await this.dataSource.transaction(async (manager) => {
      await manager.delete(Account, { id: account.id });
      await this.audit.record(manager, context, {
        type: 'account.deleted',
        actorId: account.id,
        subjectId: account.id,
      });
    });
  }

  private async create(
    { email, password }: Credentials,
    roles: Role[],
    context: RequestContext | null,
  ): Promise<AccountView> {
    const passwordHash = await this.passwords.hash(password);
    const account = this.dataSource.manager.create(Account, {
      id: uuidv7(),
      email,
      emailVerifiedAt: null,
      passwordHash,
      roles,
    });
    try {
      await this.dataSource.transaction(async (manager) => {
        await manager.insert(Account, account);
        const type = roles.includes('admin') ? 'admin.created' : 'account.registered';
        await this.audit.record(manager, context, { type, actorId: context && account.id, subjectId: account.id });
        await this.links.send(manager, 'email_verification', account, context);
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
    return viewOf(account);
  }

  private async load(principal: Principal): Promise<StoredAccount> {
    const [account] = await queryRows<StoredAccount>(this.dataSource, loadStatement, [principal.accountId]);
    if (!account) {
      throw problems.tokenInvalid.exception();
    }
    return account;
  }

  private async announcePassword(
    manager: EntityManager,
    account: { id: string; email: string },
    context: RequestContext,
  ) {
    await this.audit.record(manager, context, { type: 'password.changed', actorId: account.id, subjectId: account.id });
    await this.mails.send(manager, {
      to: account.email,
      template: 'password_changed',
      locale: localeOf(context.acceptLanguage),
      variables: { email: account.email, time: new Date().toUTCString() },
    });
  }

  /**
   * Asks a signed-in caller for the password again; a stolen access token does not allow guessing it.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`
   */
  async reauthenticate(principal: Principal, password: string): Promise<StoredAccount> {
    const limit = { key: `password:account:${principal.accountId}`, burst: this.config.LOGIN_ACCOUNT_BURST };
    await this.rateLimits.consume(limit);
    const account = await this.load(principal);
    if (!(await this.passwords.verify(account.passwordHash, password))) {
      throw passwordIncorrect.exception();
    }
    await this.rateLimits.reset(this.dataSource.manager, limit);
    return account;
  }
}

function viewOf(account: StoredAccount): AccountView {
  return {
    id: account.id,
    email: account.email,
    roles: account.roles,
    email_verified: account.emailVerifiedAt !== null,
    created_at: account.createdAt.toISOString(),
    password_changed_at: account.passwordChangedAt.toISOString(),
  };
}
