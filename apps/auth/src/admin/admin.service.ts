import { callerId, type Caller, type Principal, type Problem, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountAccessService,
  AccountDirectoryRepository,
  AccountsRepository,
  adminEmailUnverified,
  AdminAuthorityService,
  lastAdmin,
  NoticesService,
  type AccountDetails,
  type Role,
} from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { MfaService, totpNotEnrolled } from '../login/mfa/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { adminActions, type AdminAction } from './admin.metrics.ts';
import { accountNotFound } from './admin.problems.ts';

/** Shows and changes the accounts of others. */
@Injectable()
export class AdminService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly access: AccountAccessService,
    private readonly acts: AdminActsService,
    private readonly accounts: AccountsRepository,
    private readonly authority: AdminAuthorityService,
    private readonly directory: AccountDirectoryRepository,
    private readonly audit: AuditService,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly mfa: MfaService,
    private readonly notices: NoticesService,
    private readonly passkeys: PasskeysService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async view(id: string, actor: Caller, context: RequestContext): Promise<AccountDetails> {
    const account = await this.load(this.dataSource.manager, id);
    await this.audit.record(this.dataSource.manager, context, {
      type: 'account.read',
      actorId: callerId(actor),
      subjectId: id,
    });
    return account;
  }

  /**
   * Ends the account's sessions and what is pending, and blocks logins.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async disable(id: string, actor: Caller, context: RequestContext): Promise<void> {
    await this.act('account.disabled', id, actor, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.disable(manager, id));
      await this.access.revoke(manager, id, context, { actorId: callerId(actor) });
    });
  }

  /**
   * Allows logins again. Ends what is pending: links that were requested while the account was disabled do not open it.
   * @throws ProblemException `account_not_found`
   */
  async enable(id: string, actor: Caller, context: RequestContext): Promise<void> {
    await this.act('account.enabled', id, actor, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.enable(manager, id));
      await this.access.endPending(manager, id);
    });
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async delete(id: string, actor: Caller, context: RequestContext): Promise<void> {
    await this.act('account.deleted', id, actor, context, async (manager) => {
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
  async forcePasswordReset(id: string, actor: Principal, context: RequestContext): Promise<void> {
    this.mails.assertEnabled();
    await this.act('password.reset_forced', id, actor, context, async (manager) => {
      await this.assertChanged(manager, id, await this.directory.retirePassword(manager, id));
      await this.access.revoke(manager, id, context, { actorId: callerId(actor), credentials: 'first_factors' });
      await this.links.send(manager, 'password_reset_required', await this.load(manager, id), context);
    });
  }

  /**
   * Removes the account's second factors and passkeys, and ends its sessions. An owner who has lost them logs in by
   * password.
   * @throws ProblemException `account_not_found`, `last_admin`
   */
  async resetMfa(id: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.act('mfa.reset', id, actor, context, async (manager) => {
      await this.load(manager, id);
      await this.access.revoke(manager, id, context, { actorId: callerId(actor) });
      await this.mfa.removeAll(manager, id);
      await this.authority.keepAdmin(manager, () => this.passkeys.removeAll(manager, id));
      await this.notices.send(manager, id, 'mfa_reset', context);
    });
  }

  /**
   * Removes the authenticator app, with the recovery codes that stand in for it, and ends the account's sessions. Passkeys stay.
   * @throws ProblemException `account_not_found`, `totp_not_enrolled`
   */
  async removeTotp(id: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.act('mfa.totp_disabled', id, actor, context, async (manager) => {
      await this.load(manager, id);
      await this.access.revoke(manager, id, context, { actorId: callerId(actor) });
      if (!(await this.mfa.removeAll(manager, id))) {
        throw totpNotEnrolled.exception();
      }
      await this.notices.send(manager, id, 'authenticator_removed', context);
    });
  }

  /** @throws ProblemException `account_not_found` */
  async revokeSessions(id: string, actor: Caller, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.acts.begin(manager, actor, { changes: [id] });
      await this.load(manager, id);
      await this.access.revoke(manager, id, context, { actorId: callerId(actor) });
    });
    adminActions.inc({ type: 'session.revoked' });
  }

  /** @throws ProblemException `account_not_found`, `last_admin`, `admin_email_unverified` */
  async setRoles(id: string, roles: Role[], actor: Principal, context: RequestContext): Promise<AccountDetails> {
    const change = async (manager: EntityManager) => {
      const refusal = roles.includes('admin') ? adminEmailUnverified : lastAdmin;
      await this.assertChanged(manager, id, await this.directory.setRoles(manager, id, roles), refusal);
      return this.load(manager, id);
    };
    return this.act('account.roles_changed', id, actor, context, change, { roles });
  }

  /** Runs an act on one account, which may be an admin's. */
  private act<T>(
    type: AdminAction,
    id: string,
    actor: Caller,
    context: RequestContext,
    work: (manager: EntityManager) => Promise<T>,
    detail: Record<string, unknown> = {},
  ): Promise<T> {
    const event = () => ({ subjectId: id, detail });
    return this.acts.run({ type, actor, context, event, changes: [id], mayEndAdmin: true }, work);
  }

  /**
   * @param email of the changed account; undefined if the change was not made
   * @param refusal why a change of an account that exists is not made
   */
  private async assertChanged(
    manager: EntityManager,
    id: string,
    email: string | undefined,
    refusal: Problem = lastAdmin,
  ): Promise<void> {
    if (email === undefined) {
      throw ((await this.accounts.findDetails(manager, id)) ? refusal : accountNotFound).exception();
    }
  }

  private async load(manager: EntityManager, id: string): Promise<AccountDetails> {
    const account = await this.accounts.findDetails(manager, id);
    if (!account) {
      throw accountNotFound.exception();
    }
    return account;
  }
}
