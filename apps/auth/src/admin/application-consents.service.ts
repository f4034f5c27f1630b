import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ApplicationsService } from '../applications/index.ts';
import { AuditService } from '../audit/index.ts';
import { GrantsService } from '../openid/index.ts';
import { toApplicationConsentPage, type ApplicationConsentQuery } from './application-consents.schema.ts';

/** Shows who has consented to an application. */
@Injectable()
export class ApplicationConsentsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly audit: AuditService,
    private readonly grants: GrantsService,
  ) {}

  /**
   * One page of the consents to an application. The audit trail records it, because it shows e-mail addresses.
   * @throws ProblemException `application_not_found`
   */
  async list(id: string, { limit, after }: ApplicationConsentQuery, actor: Principal, context: RequestContext) {
    await this.applications.get(id);
    const entry = { type: 'accounts.searched' as const, subjectId: id, detail: { filters: ['application'] } };
    await this.audit.record(this.dataSource.manager, context, { ...entry, actorId: actor.accountId });
    return toApplicationConsentPage(await this.grants.consentsTo(id, limit, after), limit);
  }
}
