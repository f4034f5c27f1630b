import { queryRows, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { DataSource } from 'typeorm';
import { RateLimitsService } from '../rate-limits/index.ts';
import { AuditService } from '../audit/index.ts';
import { eventsPage, eventsStatement, firstEvent, personalData } from './personal-data.ts';

const exportBurst = 5;

const exportsName = 'auth_data_exports_total';

export const exportsProvider = makeCounterProvider({
  name: exportsName,
  help: 'Exports of what is stored about an account, by its owner',
});

/** Tells owners of accounts what is stored about them. */
@Injectable()
export class PrivacyService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectMetric(exportsName) private readonly exports: Counter,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * All that is stored about the caller's account, as the text of one JSON object, some at a time.
   * @throws ProblemException `too_many_attempts`
   */
  async export(principal: Principal, context: RequestContext): Promise<AsyncGenerator<string>> {
    await this.rateLimits.consume({ key: `export:account:${principal.accountId}`, burst: exportBurst });
    await this.audit.record(this.dataSource.manager, context, {
      type: 'account.data_exported',
      actorId: principal.accountId,
      subjectId: principal.accountId,
    });
    this.exports.inc();
    return this.write(principal.accountId);
  }

  private async *write(accountId: string): AsyncGenerator<string> {
    yield `{"exported_at":${JSON.stringify(new Date())}`;
    for (const { name, statement } of personalData) {
      const rows = await queryRows<{ row: unknown }>(this.dataSource, statement, [accountId]);
      yield `,"${name}":${JSON.stringify(rows.map(({ row }) => row))}`;
    }
    yield ',"audit_events":[';
    for (let after = firstEvent, more = true; more;) {
      const page = await queryRows<{ id: string; row: unknown }>(this.dataSource, eventsStatement, [accountId, after]);
      const rows = page.map(({ row }) => JSON.stringify(row)).join(',');
      yield after === firstEvent || rows === '' ? rows : `,${rows}`;
      after = page.at(-1)?.id ?? after;
      more = page.length === eventsPage;
    }
    yield ']}';
  }
}
