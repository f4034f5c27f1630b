import { problems, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import type { AccountDetails } from './account.ts';
import { AccountDirectoryRepository } from './account-directory.repository.ts';
import { lastAdmin } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { NoticesService } from './notices.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

/** Shows an account to its owner, and deletes it. */
@Injectable()
export class AccountsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly directory: AccountDirectoryRepository,
    private readonly notices: NoticesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly audit: AuditService,
  ) {}

  /** @throws ProblemException `token_invalid` if the account has been deleted meanwhile */
  async view({ accountId }: Principal): Promise<AccountDetails> {
    const account = await this.accounts.findDetails(this.dataSource, accountId);
    if (!account) {
      throw problems.tokenInvalid.exception();
    }
    return account;
  }

  /**
   * Deletes the account with its sessions; the audit trail keeps its id.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`, `last_admin`, `token_invalid`
   */
  async delete(principal: Principal, password: string, context: RequestContext): Promise<void> {
    const proved = await this.reauthentication.byPassword(principal, password);
    const { id, roles } = proved;
    await this.dataSource.transaction(async (manager) => {
      if (roles.includes('admin')) {
        await this.directory.lockAdmins(manager);
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
