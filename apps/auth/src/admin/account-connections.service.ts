import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { GrantsService } from '../openid/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { AccountReadsService } from './account-reads.service.ts';
import { AdminActsService } from './admin-acts.service.ts';

/** Shows and ends the sessions of an account and the access of applications to it. */
@Injectable()
export class AccountConnectionsService {
  constructor(
    private readonly acts: AdminActsService,
    private readonly grants: GrantsService,
    private readonly reads: AccountReadsService,
    private readonly sessions: SessionsService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async listSessions(id: string, actor: Principal, context: RequestContext) {
    await this.reads.record(id, actor, context);
    return this.sessions.list({ accountId: id, sessionId: actor.sessionId });
  }

  /** @throws ProblemException `account_not_found` */
  async listApplications(id: string, actor: Principal, context: RequestContext) {
    await this.reads.record(id, actor, context);
    return { applications: await this.grants.consentsOf(id) };
  }

  /** @throws ProblemException `session_not_found` */
  revokeSession(id: string, sessionId: string, actor: Principal, context: RequestContext): Promise<void> {
    const event = () => ({ subjectId: id, detail: { session_ids: [sessionId] } });
    return this.acts.run({ type: 'session.revoked', actor, context, event, changes: [id] }, (manager) =>
      this.sessions.removeOne(manager, id, sessionId),
    );
  }

  /** @throws ProblemException `consent_not_found` */
  async withdrawApplication(id: string, clientId: string, actor: Principal, context: RequestContext): Promise<void> {
    const event = (applicationId: string) => ({
      subjectId: id,
      detail: { application_id: applicationId, client_id: clientId },
    });
    await this.acts.run({ type: 'consent.withdrawn', actor, context, event, changes: [id] }, (manager) =>
      this.grants.removeOne(manager, id, clientId),
    );
  }
}
