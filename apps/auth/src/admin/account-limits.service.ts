import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, type StoredAccount } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { RateLimitsService } from '../rate-limits/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { accountNotFound } from './admin.problems.ts';

const type = 'account.limits_lifted';

/** Lifts the rate limits of accounts. */
@Injectable()
export class AccountLimitsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly acts: AdminActsService,
    private readonly audit: AuditService,
    private readonly rateLimits: RateLimitsService,
  ) {}

  /** @throws ProblemException `account_not_found`, `token_invalid`, `role_required` */
  async lift(id: string, actor: Principal, context: RequestContext): Promise<void> {
    const event = ({ limits }: Lifted) => ({ subjectId: id, detail: { limits } });
    await this.acts.run({ type, actor, context, event, changes: [id] }, async (manager) =>
      this.liftOf(manager, await this.accounts.findById(manager, id)),
    );
  }

  /**
   * Lifts the limits of the account with an e-mail address, for the command line.
   * @throws ProblemException `account_not_found`
   */
  async liftByEmail(email: string): Promise<Lifted> {
    return this.dataSource.transaction(async (manager) => {
      const lifted = await this.liftOf(manager, await this.accounts.findByEmail(manager, email));
      const { account, limits } = lifted;
      await this.audit.record(manager, null, { type, actorId: null, subjectId: account.id, detail: { limits } });
      return lifted;
    });
  }

  private async liftOf(manager: EntityManager, account: StoredAccount | undefined): Promise<Lifted> {
    if (!account) {
      throw accountNotFound.exception();
    }
    return { account, limits: await this.rateLimits.lift(manager, account) };
  }
}

/** An account, and how many of its limits were lifted. */
interface Lifted {
  account: StoredAccount;
  limits: number;
}
