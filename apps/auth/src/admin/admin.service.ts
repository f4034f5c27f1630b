import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountDirectoryRepository,
  AccountsRepository,
  NoticesService,
  type AccountDetails,
  type Role,
} from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { MfaService } from '../login/mfa/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { AdminMetrics, type AdminAction } from './admin.metrics.ts';
import { accountNotFound, lastAdmin } from './admin.problems.ts';
import type { AccountSearch } from './admin.schema.ts';

/** Searches, shows and changes the accounts of others. */
@Injectable()
export class AdminService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly directory: AccountDirectoryRepository,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly metrics: AdminMetrics,
    private readonly mfa: MfaService,
    private readonly notices: NoticesService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly passkeys: PasskeysService,
    private readonly sessions: SessionsService,
  ) {}

  /** One page of accounts. The audit trail names the filters in use, without their values. */
  async search(search: AccountSearch, actorId: string, context: RequestContext): Promise<AccountDetails[]> {
    const { limit, after, ...filters } = search;
    const detail = { filters: Object.keys(filters) };
    await this.audit.record(this.dataSource.manager, context, { type: 'accounts.searched', actorId, detail });
    const { email_prefix: emailPrefix, role, disabled } = filters;
    return this.directory.search(this.dataSource, { emailPrefix, role, disabled, after, limit });
  }

  /** @throws ProblemException `account_not_found` */
  async view(id: string, actorId: string, context: RequestContext): Promise<AccountDetails> {
    const account = await this.load(this.dataSource.manager, id);
    await this.audit.record(this.dataSource.manager, context, { type: 'account.read', actorId, subjectId: id });
    return account;
  }

  /**
   * Ends the account's sessions and blocks logins.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async disable(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.disabled', id, actorId, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.disable(manager, id));
      await this.sessions.revokeAllOf(manager, id, context, actorId);
    });
  }

  /** @throws ProblemException `account_not_found` */
  async enable(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.enabled', id, actorId, context, async (manager) =>
      this.assertChanged(manager, id, await this.directory.enable(manager, id)),
    );
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async delete(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.deleted', id, actorId, context, async (manager) => {
      const account = await this.load(manager, id);
      await this.assertChanged(manager, id, await this.directory.delete(manager, id));
      await this.notices.sendTo(manager, { ...account, id: null }, 'account_deleted', context);
    });
  }

  /**
   * Removes the password, ends all sessions and sends the owner a link to set a new one.
   * @throws ProblemException `account_not_found`, `last_admin`, `mail_off`
   */
  async forcePasswordReset(id: string, actorId: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.act('password.reset_forced', id, actorId, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.clearPassword(manager, id));
      await this.sessions.revokeAllOf(manager, id, context, actorId);
      // an intruder who knew the password may have requested links
      for (const purpose of ['email_change', 'magic_link', 'password_reset'] as const) {
        await this.oneTimeTokens.revoke(manager, purpose, id);
      }
      await this.links.send(manager, 'password_reset_required', await this.load(manager, id), context);
    });
  }

  /**
   * Removes the account's second factors and passkeys, and ends its sessions. An owner who has lost them logs in by
   * password.
   * @throws ProblemException `account_not_found`
   */
  async resetMfa(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('mfa.reset', id, actorId, context, async (manager) => {
      await this.load(manager, id);
      await this.mfa.reset(manager, id);
      await this.passkeys.removeAll(manager, id);
      await this.sessions.revokeAllOf(manager, id, context, actorId);
      await this.notices.send(manager, id, 'mfa_reset', context);
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
  async setRoles(id: string, roles: Role[], actorId: string, context: RequestContext): Promise<AccountDetails> {
    const change = async (manager: EntityManager) => {
      await this.assertChanged(manager, id, await this.directory.setRoles(manager, id, roles));
      return this.load(manager, id);
    };
    return this.act('account.roles_changed', id, actorId, context, change, { roles });
  }

  /** Does the work and records its audit event in one transaction, then counts it. */
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

  /**
   * @param email of the changed account; undefined if the change was not made
   * @returns the e-mail address
   */
  private async assertChanged(manager: EntityManager, id: string, email: string | undefined): Promise<string> {
    if (email === undefined) {
      throw ((await this.accounts.findDetails(manager, id)) ? lastAdmin : accountNotFound).exception();
    }
    return email;
  }

  private async load(manager: EntityManager, id: string): Promise<AccountDetails> {
    const account = await this.accounts.findDetails(manager, id);
    if (!account) {
      throw accountNotFound.exception();
    }
    return account;
  }
}
