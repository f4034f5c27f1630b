import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { IdentitiesService } from '../login/social/index.ts';
import { adminActions, type AdminAction } from './admin.metrics.ts';
import { accountNotFound } from './admin.problems.ts';

/** Shows and removes the passkeys and identities that open an account. */
@Injectable()
export class AccountCredentialsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly audit: AuditService,
    private readonly identities: IdentitiesService,
    private readonly passkeys: PasskeysService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async listPasskeys(id: string, actorId: string, context: RequestContext) {
    await this.recordRead(id, actorId, context);
    return this.passkeys.list(id);
  }

  /** @throws ProblemException `account_not_found` */
  async listIdentities(id: string, actorId: string, context: RequestContext) {
    await this.recordRead(id, actorId, context);
    return this.identities.list(id);
  }

  /** @throws ProblemException `passkey_not_found` */
  removePasskey(id: string, passkeyId: string, actorId: string, context: RequestContext): Promise<void> {
    return this.remove('passkey.deleted', { passkey_id: passkeyId }, id, actorId, context, (manager) =>
      this.passkeys.removeOne(manager, id, passkeyId),
    );
  }

  /** @throws ProblemException `identity_not_found` */
  removeIdentity(id: string, identityId: string, actorId: string, context: RequestContext): Promise<void> {
    return this.remove('identity.unlinked', { identity_id: identityId }, id, actorId, context, (manager) =>
      this.identities.removeOne(manager, id, identityId),
    );
  }

  private async recordRead(id: string, actorId: string, context: RequestContext): Promise<void> {
    if (!(await this.accounts.findById(this.dataSource, id))) {
      throw accountNotFound.exception();
    }
    await this.audit.record(this.dataSource.manager, context, { type: 'account.read', actorId, subjectId: id });
  }

  private async remove(
    type: AdminAction,
    detail: Record<string, unknown>,
    subjectId: string,
    actorId: string,
    context: RequestContext,
    work: (manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await work(manager);
      await this.audit.record(manager, context, { type, actorId, subjectId, detail });
    });
    adminActions.inc({ type });
  }
}
