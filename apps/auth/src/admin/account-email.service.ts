import { isUniqueViolation, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  AccountAccessService,
  AccountDirectoryRepository,
  AccountsRepository,
  adminEmailUnverified,
  emailTaken,
  NoticesService,
  type AccountDetails,
} from '../accounts/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { accountNotFound } from './admin.problems.ts';
import type { AccountEmail } from './admin.schema.ts';

/** Changes and verifies the e-mail addresses of others. */
@Injectable()
export class AccountEmailService {
  constructor(
    private readonly access: AccountAccessService,
    private readonly accounts: AccountsRepository,
    private readonly acts: AdminActsService,
    private readonly directory: AccountDirectoryRepository,
    private readonly links: EmailLinksService,
    private readonly notices: NoticesService,
  ) {}

  /**
   * Changes an account's e-mail address, ends its sessions and what is pending, and tells the old and the new one. Credentials stay.
   * An e-mail address that is not verified gets the link that verifies it.
   * @throws ProblemException `account_not_found`, `email_taken`, `admin_email_unverified`
   */
  async change(
    id: string,
    { email, verified }: AccountEmail,
    actor: Principal,
    context: RequestContext,
  ): Promise<AccountDetails> {
    const event = () => ({ subjectId: id, detail: { verified } });
    const act = { type: 'email.changed' as const, actor, context, event, changes: [id] };
    try {
      return await this.acts.run(act, async (manager) => {
        const before = await this.load(manager, id);
        const account = await this.directory.changeEmail(manager, id, email, verified);
        if (!account) {
          throw adminEmailUnverified.exception();
        }
        await this.access.revoke(manager, id, context, { actorId: actor.accountId });
        const variables = { email: before.email, new_email: account.email };
        await this.notices.sendTo(manager, before, 'email_changed', context, { variables });
        if (account.emailVerifiedAt === null) {
          await this.links.send(manager, 'email_verification', account, context);
        } else if (account.email !== before.email) {
          await this.notices.sendTo(manager, account, 'email_changed', context, { variables });
        }
        return account;
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }

  /**
   * Marks an account's e-mail address as verified. The person who has registered the account keeps it.
   * @throws ProblemException `account_not_found`
   */
  async verify(id: string, actor: Principal, context: RequestContext): Promise<AccountDetails> {
    const act = { type: 'email.verified' as const, actor, context, event: () => ({ subjectId: id }), changes: [id] };
    return this.acts.run(act, async (manager) => {
      await this.load(manager, id);
      return this.accounts.markVerified(manager, id);
    });
  }

  private async load(manager: EntityManager, id: string): Promise<AccountDetails> {
    const account = await this.accounts.findDetails(manager, id);
    if (!account) {
      throw accountNotFound.exception();
    }
    return account;
  }
}
