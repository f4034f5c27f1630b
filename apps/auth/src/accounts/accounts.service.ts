import { problems, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { SessionsService, type SessionOwner } from '../sessions/index.ts';
import type { OwnAccount } from './account.ts';
import { AccountDirectoryRepository } from './account-directory.repository.ts';
import { lastAdmin } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { NoticesService } from './notices.service.ts';
import type { ProfileChange } from './profile.schema.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

/** Shows an account to its owner, changes its profile, and deletes it. */
@Injectable()
export class AccountsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly directory: AccountDirectoryRepository,
    private readonly notices: NoticesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly audit: AuditService,
    private readonly sessions: SessionsService,
  ) {}

  /** @throws ProblemException `token_invalid` if the account has been deleted meanwhile */
  async view({ accountId }: Pick<Principal, 'accountId'>): Promise<OwnAccount> {
    const account = await this.accounts.findOwn(this.dataSource, accountId);
    if (!account) {
      throw problems.tokenInvalid.exception();
    }
    return account;
  }

  /**
   * Changes members of the profile. The audit event names those that have changed, and not their values.
   * @throws ProblemException `token_invalid`
   */
  async changeProfile(owner: SessionOwner, change: ProfileChange, context: RequestContext): Promise<OwnAccount> {
    const { accountId: id } = owner;
    await this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, owner);
      const fields = await this.accounts.changeProfile(manager, id, change);
      if (fields.length > 0) {
        const type = 'account.profile_changed';
        await this.audit.record(manager, context, { type, actorId: id, subjectId: id, detail: { fields } });
      }
    });
    return this.view(owner);
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `too_many_attempts`, `last_admin`,
   *   `token_invalid`
   */
  async delete(principal: Principal, password: string | undefined, context: RequestContext): Promise<void> {
    const proved = await this.reauthentication.prove(principal, password);
    const { id, roles } = proved;
    await this.dataSource.transaction(async (manager) => {
      if (roles.includes('admin')) {
        await this.directory.lockAdmins(manager, [id]);
      }
      await this.reauthentication.assertCurrent(manager, principal, proved);
      const account = await this.accounts.findDetails(manager, id);
      if ((await this.directory.delete(manager, id)) === undefined) {
        throw lastAdmin.exception();
      }
      if (account) {
        await this.notices.sendTo(manager, { ...account, id: null }, 'account_deleted', context);
      }
      await this.audit.record(manager, context, { type: 'account.deleted', actorId: id, subjectId: id });
    });
  }
}
