import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { accountNotFound } from './admin.problems.ts';

/** Records that an admin has looked at something of an account. */
@Injectable()
export class AccountReadsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async record(id: string, actor: Principal, context: RequestContext): Promise<void> {
    await this.assertExists(id);
    const entry = { type: 'account.read' as const, actorId: actor.accountId, subjectId: id };
    await this.audit.record(this.dataSource.manager, context, entry);
  }

  /** @throws ProblemException `account_not_found` */
  async assertExists(id: string): Promise<void> {
    if (!(await this.accounts.findById(this.dataSource, id))) {
      throw accountNotFound.exception();
    }
  }
}
