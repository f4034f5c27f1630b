import { type Caller, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { AccountsRepository, type AccountDetails, type ProfileChange } from '../accounts/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { accountNotFound } from './admin.problems.ts';

/** Changes the profiles of others. */
@Injectable()
export class AccountProfileService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly acts: AdminActsService,
  ) {}

  /**
   * Changes members of an account's profile. The audit event names those that have changed, and not their values.
   * @throws ProblemException `account_not_found`, `admin_required`
   */
  async change(id: string, change: ProfileChange, actor: Caller, context: RequestContext): Promise<AccountDetails> {
    const event = ({ fields }: { fields: string[] }) => ({ subjectId: id, detail: { fields } });
    const act = { type: 'account.profile_changed' as const, actor, context, event, changes: [id] };
    const { account } = await this.acts.run(act, async (manager) => {
      const fields = await this.accounts.changeProfile(manager, id, change);
      const changed = await this.accounts.findDetails(manager, id);
      if (!changed) {
        throw accountNotFound.exception();
      }
      return { account: changed, fields };
    });
    return account;
  }
}
