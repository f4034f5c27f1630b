import { callerId, problems, type Caller, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AdminAuthorityService, type ActScope } from '../accounts/index.ts';
import { ApplicationsService } from '../applications/index.ts';
import { AuditService } from '../audit/index.ts';
import { ServiceAccountsService } from '../service-accounts/index.ts';
import { adminActions, type AdminAction } from './admin.metrics.ts';

/** A change of an account that an admin or a program makes. */
interface Act<T> extends ActScope {
  type: AdminAction;
  actor: Caller;
  context: RequestContext;
  /** What the audit event says about the change that was made. */
  event: (done: T) => { subjectId: string | null; detail?: Record<string, unknown> };
}

/** Changes accounts of others in the name of an admin or of a program: a service account or a machine application. */
@Injectable()
export class AdminActsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly authority: AdminAuthorityService,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly applications: ApplicationsService,
  ) {}

  /**
   * Does the work and records its audit event in one transaction, then counts it. The transaction begins with a check of the actor.
   * @throws ProblemException `token_invalid`, `role_required`, `admin_required`, and the problems of the work
   */
  async run<T>(
    { type, actor, context, event, ...scope }: Act<T>,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const result = await this.dataSource.transaction(async (manager) => {
      await this.begin(manager, actor, scope);
      const done = await work(manager);
      await this.audit.record(manager, context, { type, actorId: callerId(actor), ...event(done) });
      return done;
    });
    adminActions.inc({ type });
    return result;
  }

  /**
   * Begins an act in the caller's transaction: the actor's power must not have ended while the request waited, and a program changes no
   * admin.
   * @throws ProblemException `token_invalid`, `role_required`, `admin_required`
   */
  async begin(manager: EntityManager, actor: Caller, scope: ActScope): Promise<void> {
    if ('serviceAccountId' in actor) {
      // accounts before API keys and applications, as acts that end them lock them
      await this.authority.assertNoAdmin(manager, scope);
      const isActive =
        (await this.serviceAccounts.lockActive(manager, actor)) || (await this.applications.lockActive(manager, actor));
      if (!isActive) {
        throw problems.tokenInvalid.exception();
      }
    } else {
      await this.authority.assert(manager, actor, scope);
    }
  }
}
