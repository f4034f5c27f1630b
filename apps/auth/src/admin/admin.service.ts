import { isUniqueViolation, queryRows, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Account, emailTaken } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { MfaService } from '../login/mfa/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { findAccount, searchAccounts } from './account-search.ts';
import { AdminMetrics, type AdminAction } from './admin.metrics.ts';
import { accountNotFound, lastAdmin } from './admin.problems.ts';
import type { AccountSearch, AdminAccount, Invitation, NewAccount } from './admin.schema.ts';

const isWorkingAdmin = "'admin' = ANY (account.roles) AND disabled_at IS NULL AND password_hash IS NOT NULL";

/**
 * Changes the account `$1` unless it is the last admin who can sign in, in one atomic statement. It locks all of them in one
 * order: of two admins who take each other's power at the same time, the second one finds itself the last.
 * @param change an UPDATE or DELETE without conditions
 * @param harmless a condition under which it takes no power from an admin
 */
const unlessLastAdmin = (change: string, harmless = 'false') => `
  WITH admin AS (SELECT id FROM account WHERE ${isWorkingAdmin} ORDER BY id FOR NO KEY UPDATE)
  ${change}
  WHERE account.id = $1
    AND (${harmless} OR NOT (${isWorkingAdmin}) OR EXISTS (SELECT FROM admin WHERE admin.id <> $1))
  RETURNING account.email`;

const disableStatement = unlessLastAdmin('UPDATE account SET disabled_at = coalesce(disabled_at, now())');
const deleteStatement = unlessLastAdmin('DELETE FROM account');
const forgetPasswordStatement = unlessLastAdmin('UPDATE account SET password_hash = NULL');
const setRolesStatement = unlessLastAdmin('UPDATE account SET roles = $2::text[]', "'admin' = ANY ($2::text[])");

/** What admins do with accounts. */
@Injectable()
export class AdminService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly metrics: AdminMetrics,
    private readonly mfa: MfaService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
  ) {}

  /** One page of accounts; which filters were used is audited, not what was searched for. */
  async search(search: AccountSearch, actorId: string, context: RequestContext) {
    const { limit: _limit, after: _after, ...filters } = search;
    const detail = { filters: Object.keys(filters) };
    await this.audit.record(this.dataSource.manager, context, { type: 'accounts.searched', actorId, detail });
    return searchAccounts(this.dataSource, search);
  }

  /** @throws ProblemException `account_not_found` */
  async view(id: string, actorId: string, context: RequestContext): Promise<AdminAccount> {
    const account = await this.load(this.dataSource.manager, id);
    await this.audit.record(this.dataSource.manager, context, { type: 'account.read', actorId, subjectId: id });
    return account;
  }

  /** @throws ProblemException `email_taken`, `password_too_weak`, `password_breached` */
  async create(
    { email, password, roles }: NewAccount,
    actorId: string,
    context: RequestContext,
  ): Promise<AdminAccount> {
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    const entry = { id: uuidv7(), email, passwordHash, roles };
    return this.insert('account.created', entry, actorId, context, async () => undefined);
  }

  /**
   * Makes an account without a password and mails its owner how to set one.
   * @throws ProblemException `email_taken`, `mail_off`
   */
  async invite({ email, roles, locale }: Invitation, actorId: string, context: RequestContext): Promise<AdminAccount> {
    this.mails.assertEnabled();
    const entry = { id: uuidv7(), email, passwordHash: null, roles };
    const reader = { ...context, acceptLanguage: locale ?? context.acceptLanguage };
    return this.insert('account.invited', entry, actorId, context, (manager) =>
      this.links.send(manager, 'invitation', entry, reader),
    );
  }

  /**
   * Ends the account's sessions and lets nobody sign in to it.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async disable(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.disabled', id, actorId, context, async (manager) => {
      await this.change(manager, disableStatement, [id]);
      await this.sessions.revokeAllOf(manager, id, context, actorId);
    });
  }

  /** @throws ProblemException `account_not_found` */
  async enable(id: string, actorId: string, context: RequestContext): Promise<void> {
    const statement = 'UPDATE account SET disabled_at = NULL WHERE id = $1 RETURNING email';
    await this.act('account.enabled', id, actorId, context, (manager) => this.change(manager, statement, [id]));
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async delete(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.deleted', id, actorId, context, (manager) => this.change(manager, deleteStatement, [id]));
  }

  /**
   * Makes the password useless, ends all sessions and mails how to set a new one.
   * @throws ProblemException `account_not_found`, `last_admin`, `mail_off`
   */
  async forcePasswordReset(id: string, actorId: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.act('password.reset_forced', id, actorId, context, async (manager) => {
      const email = await this.change(manager, forgetPasswordStatement, [id]);
      await this.sessions.revokeAllOf(manager, id, context, actorId);
      // whoever knew the password may hold others of these
      for (const purpose of ['email_change', 'magic_link', 'password_reset'] as const) {
        await this.oneTimeTokens.revoke(manager, purpose, id);
      }
      await this.links.send(manager, 'password_reset_required', { id, email }, context);
    });
  }

  /**
   * Removes the account's second factors and passkeys, and ends its sessions: whoever has lost them logs in by password.
   * @throws ProblemException `account_not_found`
   */
  async resetMfa(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('mfa.reset', id, actorId, context, async (manager) => {
      await this.load(manager, id);
      await this.mfa.reset(manager, id);
      await this.sessions.revokeAllOf(manager, id, context, actorId);
    });
  }

  /** @throws ProblemException `account_not_found` */
  async revokeSessions(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.load(manager, id);
      await this.sessions.revokeAllOf(manager, id, context, actorId);
    });
    this.metrics.actions.inc({ type: 'session.revoked' });
  }

  /** @throws ProblemException `account_not_found`, `last_admin` */
  async setRoles(id: string, roles: Account['roles'], actorId: string, context: RequestContext): Promise<AdminAccount> {
    const change = async (manager: EntityManager) => {
      await this.change(manager, setRolesStatement, [id, roles]);
      return this.load(manager, id);
    };
    return this.act('account.roles_changed', id, actorId, context, change, { roles });
  }

  /** Does one thing with its audit entry in one transaction, and counts it. */
  private async act<T>(
    type: AdminAction,
    subjectId: string,
    actorId: string,
    context: RequestContext,
    work: (manager: EntityManager) => Promise<T>,
    detail: Record<string, unknown> = {},
  ): Promise<T> {
    const result = await this.dataSource.transaction(async (manager) => {
      const done = await work(manager);
      await this.audit.record(manager, context, { type, actorId, subjectId, detail });
      return done;
    });
    this.metrics.actions.inc({ type });
    return result;
  }

  private async insert(
    type: AdminAction,
    account: Pick<Account, 'id' | 'email' | 'passwordHash' | 'roles'>,
    actorId: string,
    context: RequestContext,
    also: (manager: EntityManager) => Promise<void>,
  ): Promise<AdminAccount> {
    const { id, roles } = account;
    const work = async (manager: EntityManager) => {
      await manager.insert(Account, account);
      await also(manager);
      return this.load(manager, id);
    };
    try {
      return await this.act(type, id, actorId, context, work, { roles });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }

  /** Runs a statement that changes the account `$1` and gives its address. */
  private async change(manager: EntityManager, statement: string, parameters: [string, ...unknown[]]): Promise<string> {
    const [row] = await queryRows<{ email: string }>(manager, statement, parameters);
    if (!row) {
      throw ((await manager.existsBy(Account, { id: parameters[0] })) ? lastAdmin : accountNotFound).exception();
    }
    return row.email;
  }

  private async load(manager: EntityManager, id: string): Promise<AdminAccount> {
    const account = await findAccount(manager, id);
    if (!account) {
      throw accountNotFound.exception();
    }
    return account;
  }
}
