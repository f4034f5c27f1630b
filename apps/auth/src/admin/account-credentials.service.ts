import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AdminAuthorityService } from '../accounts/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { IdentitiesService } from '../login/social/index.ts';
import { AccountReadsService } from './account-reads.service.ts';
import { AdminActsService } from './admin-acts.service.ts';
import type { AdminAction } from './admin.metrics.ts';

/** Shows and removes the passkeys and identities that open an account. */
@Injectable()
export class AccountCredentialsService {
  constructor(
    private readonly acts: AdminActsService,
    private readonly authority: AdminAuthorityService,
    private readonly identities: IdentitiesService,
    private readonly passkeys: PasskeysService,
    private readonly reads: AccountReadsService,
  ) {}

  /** @throws ProblemException `account_not_found` */
  async listPasskeys(id: string, actor: Principal, context: RequestContext) {
    await this.reads.record(id, actor, context);
    return this.passkeys.list(id);
  }

  /** @throws ProblemException `account_not_found` */
  async listIdentities(id: string, actor: Principal, context: RequestContext) {
    await this.reads.record(id, actor, context);
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
