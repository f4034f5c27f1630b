import { callerId, type Caller, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountSearchRepository } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { toAccountPage, type AccountSearch } from './account-search.schema.ts';

/** Finds accounts. */
@Injectable()
export class AccountSearchService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountSearchRepository,
    private readonly audit: AuditService,
  ) {}

  /** One page of accounts. The audit trail names the filters in use, without their values. */
  async search(
    { limit, after, sort, order, count, ...filters }: AccountSearch,
    actor: Caller,
    context: RequestContext,
  ) {
    const entry = { type: 'accounts.searched' as const, detail: { filters: Object.keys(filters) } };
    await this.audit.record(this.dataSource.manager, context, { ...entry, actorId: callerId(actor) });
    const filter = {
      search: filters.search,
      emailPrefix: filters.email_prefix,
      emailPart: filters.email_contains,
      domain: filters.domain,
      role: filters.role,
      disabled: filters.disabled,
      verified: filters.verified,
      secondFactor: filters.second_factor,
      createdFrom: filters.created_from,
      createdUntil: filters.created_until,
    };
    const accounts = await this.accounts.search(filter, { sort, order, limit, after });
    return toAccountPage(accounts, limit, count ? await this.accounts.count(filter) : undefined);
  }
}
