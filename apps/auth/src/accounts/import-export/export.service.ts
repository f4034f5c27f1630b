import { queryRows } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';

const pageRows = 1000;

const pageStatement = `
  SELECT id, email, email_verified_at, password_hash, roles, created_at, password_changed_at, disabled_at
  FROM account WHERE id > $1 ORDER BY id LIMIT ${String(pageRows)}`;

/** Exports accounts with their password hashes. */
@Injectable()
export class ExportService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  /** All accounts as the JSON lines that an import reads, some at a time. It is audited before the first is given. */
  async *run(): AsyncGenerator<string> {
    await this.audit.record(this.dataSource.manager, null, { type: 'accounts.exported' });
    for (let after = '00000000-0000-0000-0000-000000000000', more = true; more;) {
      const page = await queryRows<{ id: string }>(this.dataSource, pageStatement, [after]);
      yield page.map((row) => `${JSON.stringify(row)}\n`).join('');
      after = page.at(-1)?.id ?? after;
      more = page.length === pageRows;
    }
  }
}
