import type { Principal, RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { RateLimitsService } from '../rate-limits/index.ts';
import { PERSONAL_DATA_SOURCES, type PersonalDataSource } from './personal-data-sources.ts';
import { personalEvents } from './personal-data.ts';

const exportBurst = 5;

const firstEvent = '00000000-0000-0000-0000-000000000000';
const eventsPage = 1000;

const exportsName = 'auth_data_exports_total';

export const exportsProvider = makeCounterProvider({
  name: exportsName,
  help: 'Exports of personal data by the owners of accounts',
});

/** Exports to an account's owner what is stored about the account. */
@Injectable()
export class PrivacyService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectMetric(exportsName) private readonly exports: Counter,
    @Inject(PERSONAL_DATA_SOURCES) private readonly sources: PersonalDataSource[],
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Everything that is stored about the caller's account, as the text of one JSON object in parts.
   * @throws ProblemException `too_many_attempts`
   */
  async export({ accountId }: Principal, context: RequestContext): Promise<AsyncGenerator<string>> {
    await this.rateLimits.consume({ key: `export:account:${accountId}`, burst: exportBurst });
    await this.audit.record(this.dataSource.manager, context, {
      type: 'account.data_exported',
      actorId: accountId,
      subjectId: accountId,
    });
    this.exports.inc();
    return this.write(accountId);
  }

  private async *write(accountId: string): AsyncGenerator<string> {
    yield `{"exported_at":${JSON.stringify(new Date())}`;
    for (const { name, personalData } of this.sources) {
      yield `,"${name}":${JSON.stringify(await personalData(accountId))}`;
    }
    yield ',"audit_events":[';
    for (let after = firstEvent, more = true; more;) {
      const page = await personalEvents(this.dataSource, accountId, after, eventsPage);
      const rows = page.map(({ row }) => JSON.stringify(row)).join(',');
      yield after === firstEvent || rows === '' ? rows : `,${rows}`;
      after = page.at(-1)?.id ?? after;
      more = page.length === eventsPage;
    }
    yield ']}';
  }
}
