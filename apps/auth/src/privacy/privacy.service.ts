import { counter, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AuditLogService } from '../audit/log/index.ts';
import { RateLimitsService } from '../rate-limits/index.ts';
import { PersonalDataSources } from './personal-data-sources.ts';

const exportBurst = 5;

const dataExports = counter({
  name: 'auth_data_exports_total',
  help: 'Exports of personal data by the owners of accounts',
});

/** Exports to an account's owner what is stored about the account. */
@Injectable()
export class PrivacyService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sources: PersonalDataSources,
    private readonly auditLog: AuditLogService,
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
    dataExports.inc();
    return this.write(accountId);
  }

  private async *write(accountId: string): AsyncGenerator<string> {
    yield `{"exported_at":${JSON.stringify(new Date())}`;
    for (const [name, personalData] of Object.entries(this.sources.byName)) {
      yield `,"${name}":${JSON.stringify(await personalData(accountId))}`;
    }
    yield ',"audit_events":[';
    let separator = '';
    for await (const page of this.auditLog.personalData(accountId)) {
      const events = page.map((event) => JSON.stringify(event)).join(',');
      if (events !== '') {
        yield separator + events;
        separator = ',';
      }
    }
    yield ']}';
  }
}
