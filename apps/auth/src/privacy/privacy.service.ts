import { counter, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AuditLogService } from '../audit/log/index.ts';
import { RateLimitsService } from '../rate-limits/index.ts';
import { PersonalDataSources } from './personal-data-sources.ts';

const exportBurst = 5;
/** For all accounts together that one admin exports. */
const adminExportBurst = 50;

const dataExports = counter({
  name: 'auth_data_exports_total',
  help: 'Exports of personal data by the owners of accounts',
});

/** Exports what is stored about an account: to its owner, and to admins. */
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
    await this.record(accountId, accountId, context);
    dataExports.inc();
    return this.write(accountId);
  }

  /**
   * What {@link export} gives to the owner, for an admin who answers the owner's request.
   * @throws ProblemException `too_many_attempts`
   */
  async exportFor(admin: Principal, accountId: string, context: RequestContext): Promise<AsyncGenerator<string>> {
    await this.rateLimits.consume({ key: `export:admin:${admin.accountId}`, burst: adminExportBurst });
    await this.record(accountId, admin.accountId, context);
    return this.write(accountId);
  }

  private async record(subjectId: string, actorId: string, context: RequestContext): Promise<void> {
    const entry = { type: 'account.data_exported' as const, actorId, subjectId };
    await this.audit.record(this.dataSource.manager, context, entry);
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
