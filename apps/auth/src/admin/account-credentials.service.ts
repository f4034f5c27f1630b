import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, AdminAuthorityService } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { IdentitiesService } from '../login/social/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import type { AdminAction } from './admin.metrics.ts';
import { accountNotFound } from './admin.problems.ts';

/** Shows and removes the passkeys and identities that open an account. */
@Injectable()
export class AccountCredentialsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly acts: AdminActsService,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
    private readonly authority: AdminAuthorityService,
    private readonly identities: IdentitiesService,
    private readonly passkeys: PasskeysService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async listPasskeys(id: string, actor: Principal, context: RequestContext) {
    await this.recordRead(id, actor, context);
    return this.passkeys.list(id);
  }

  /** @throws ProblemException `account_not_found` */
  async listIdentities(id: string, actor: Principal, context: RequestContext) {
    await this.recordRead(id, actor, context);
    return this.identities.list(id);
  }

  /** @throws ProblemException `passkey_not_found`, `last_admin` */
  removePasskey(id: string, passkeyId: string, actor: Principal, context: RequestContext): Promise<void> {
    return this.remove('passkey.deleted', { passkey_id: passkeyId }, id, actor, context, (manager) =>
      this.passkeys.removeOne(manager, id, passkeyId),
    );
  }

  /** @throws ProblemException `identity_not_found`, `last_admin` */
  removeIdentity(id: string, identityId: string, actor: Principal, context: RequestContext): Promise<void> {
    return this.remove('identity.unlinked', { identity_id: identityId }, id, actor, context, (manager) =>
      this.identities.removeOne(manager, id, identityId),
    );
  }

  private async recordRead(id: string, actor: Principal, context: RequestContext): Promise<void> {
    if (!(await this.accounts.findById(this.dataSource, id))) {
      throw accountNotFound.exception();
    }
    await this.audit.record(this.dataSource.manager, context, {
      type: 'account.read',
      actorId: actor.accountId,
      subjectId: id,
    });
  }

  private remove(
    type: AdminAction,
    detail: Record<string, unknown>,
    id: string,
    actor: Principal,
    context: RequestContext,
    work: (manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    const event = () => ({ subjectId: id, detail });
    return this.acts.run({ type, actor, context, event, changes: [id], mayEndAdmin: true }, (manager) =>
      this.authority.keepAdmin(manager, () => work(manager)),
    );
  }
}
