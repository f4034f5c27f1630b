import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountAccessService,
  AccountDirectoryRepository,
  AccountsRepository,
  lastAdmin,
  NoticesService,
  type AccountDetails,
  type Role,
} from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { MfaService } from '../login/mfa/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { adminActions, type AdminAction } from './admin.metrics.ts';
import { accountNotFound } from './admin.problems.ts';
import type { AccountSearch } from './admin.schema.ts';

/** Searches, shows and changes the accounts of others. */
@Injectable()
export class AdminService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly access: AccountAccessService,
    private readonly accounts: AccountsRepository,
    private readonly directory: AccountDirectoryRepository,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly mfa: MfaService,
    private readonly notices: NoticesService,
    private readonly passkeys: PasskeysService,
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
   * Ends the account's sessions and what is pending, and blocks logins.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async disable(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.disabled', id, actorId, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.disable(manager, id));
      await this.access.revoke(manager, id, context, { actorId });
    });
  }

  /**
   * Allows logins again. Ends what is pending: links that were requested while the account was disabled do not open it.
   * @throws ProblemException `account_not_found`
   */
  async enable(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.act('account.enabled', id, actorId, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.enable(manager, id));
      await this.access.endPending(manager, id);
    });
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
   * Ends everything that opens the account, and sends the owner a link to set a new password. Second factors stay: they open
   * nothing alone, and a reset must not remove what an intruder in the owner's mailbox lacks.
   * @throws ProblemException `account_not_found`, `last_admin`, `mail_off`
   */
  async forcePasswordReset(id: string, actorId: string, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.act('password.reset_forced', id, actorId, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.retirePassword(manager, id));
      await this.access.revoke(manager, id, context, { actorId, credentials: 'first_factors' });
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
      await this.access.revoke(manager, id, context, { actorId });
      await this.mfa.removeAll(manager, id);
      await this.passkeys.removeAll(manager, id);
      await this.notices.send(manager, id, 'mfa_reset', context);
    });
  }

  /** @throws ProblemException `account_not_found` */
  async revokeSessions(id: string, actorId: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.load(manager, id);
      await this.access.revoke(manager, id, context, { actorId });
    });
    adminActions.inc({ type: 'session.revoked' });
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
    adminActions.inc({ type });
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
