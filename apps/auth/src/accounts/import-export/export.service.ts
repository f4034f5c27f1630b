import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { BulkAccountsRepository } from '../index.ts';

const pageRows = 1000;

/** Exports accounts with their password hashes. */
@Injectable()
export class ExportService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: BulkAccountsRepository,
    private readonly audit: AuditService,
  ) {}

  /** All accounts as the JSON lines that an import reads, page by page. The export is audited first. */
  async *exportAccounts(): AsyncGenerator<string> {
    await this.audit.record(this.dataSource.manager, null, { type: 'accounts.exported' });
    for (let after = '00000000-0000-0000-0000-000000000000', more = true; more;) {
      const page = await this.accounts.page(after, pageRows);
      yield page.map((account) => `${JSON.stringify(account)}\n`).join('');
      after = page.at(-1)?.id ?? after;
      more = page.length === pageRows;
    }
  }
}
