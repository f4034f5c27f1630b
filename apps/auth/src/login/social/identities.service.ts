import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountAccessService,
  AccountsRepository,
  KnownDevicesService,
  NoticesService,
  ReauthenticationService,
  type CredentialStore,
} from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { lastLoginMethod, LoginRepository } from '../index.ts';
import { FlowsService, type StartedFlow } from './flows.service.ts';
import type { ExternalIdentity } from './external-identity.entity.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import type { AuthorizationResponse, Person } from './oidc-providers.ts';
import { identityChanges, SocialLoginMetrics } from './social-login.metrics.ts';
import { identityNotFound, identityTaken, socialLoginFailed } from './social-login.problems.ts';
import type { IdentityView, LinkStart } from './social-login.schema.ts';
import { UnlinkedIdentitiesRepository } from './unlinked-identities.repository.ts';

/** Lets owners of accounts list, link and unlink their identities at providers. */
@Injectable()
export class IdentitiesService implements CredentialStore {
  readonly isSecondFactor = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly identities: IdentitiesRepository,
    private readonly unlinked: UnlinkedIdentitiesRepository,
    private readonly logins: LoginRepository,
    private readonly accounts: AccountsRepository,
    private readonly knownDevices: KnownDevicesService,
    private readonly notices: NoticesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly flows: FlowsService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
    private readonly access: AccountAccessService,
  ) {
    access.register(this);
  }

  /** The identities of an account. */
  async list(accountId: string): Promise<{ identities: IdentityView[] }> {
    const identities = await this.identities.list(accountId);
    return { identities: identities.map(viewOf) };
  }

  /**
   * Begins to link an identity. Requires the password again or, for an account without one, a recent login.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `token_invalid`, and the problems of
   *   {@link FlowsService.begin}
   */
  async startLink(
    principal: Principal,
    providerId: string,
    { redirect_uri, password }: LinkStart,
    context: RequestContext,
  ): Promise<StartedFlow> {
    const account = await this.reauthentication.prove(principal, password);
    const assert = (manager: EntityManager) => this.reauthentication.assertCurrent(manager, principal, account);
    return this.flows.begin(providerId, redirect_uri, { accountId: account.id, assert }, context);
  }

  /**
   * Links the identity that the caller has proved to own, unless what was under way for the account has ended since it began.
   * Linking it again changes nothing.
   * @throws ProblemException `identity_taken`, `token_invalid`, and the problems of {@link FlowsService.finish}
   */
  async finishLink(
    principal: Principal,
    provider: string,
    response: AuthorizationResponse,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<IdentityView> {
    const { accountId } = principal;
    const account = await this.accounts.findById(this.dataSource, accountId);
    const person = await this.flows.finish(provider, response, accountId, cookies, context);
    const linked = await this.dataSource.transaction(async (manager) => {
      const current = await this.accounts.lock(manager, accountId);
      await this.sessions.assertActive(manager, principal);
      if (current?.securityEpoch !== account?.securityEpoch) {
        this.metrics.flows.inc({ provider, result: 'refused' });
        throw socialLoginFailed.exception();
      }
      await this.unlinked.remove(manager, accountId, person);
      return this.link(manager, accountId, provider, person, context);
    });
    const identity = await this.identities.find(person.issuer, person.subject);
    if (identity?.accountId !== accountId) {
      this.metrics.flows.inc({ provider, result: 'refused' });
      await this.audit.record(this.dataSource.manager, context, {
        type: 'identity.link_refused',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider, reason: identityTaken.code },
      });
      throw identityTaken.exception();
    }
    this.metrics.flows.inc({ provider, result: 'succeeded' });
    identityChanges.inc({ change: 'linked' }, linked ? 1 : 0);
    return viewOf(identity);
  }

  /**
   * Links an identity in the caller's transaction.
   * @param isNew whether the account is being registered by this identity: its owner then gets no notice
   * @returns false if the identity already belongs to an account, where it stays
   */
  async link(
    manager: EntityManager,
    accountId: string,
    provider: string,
    { issuer, subject, email }: Person,
    context: RequestContext,
    isNew = false,
  ): Promise<boolean> {
    const linked = await this.identities.insert(manager, accountId, { provider, issuer, subject, email });
    if (linked) {
      await this.audit.record(manager, context, {
        type: 'identity.linked',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider },
      });
    }
    if (linked && !isNew) {
      await this.notices.send(manager, accountId, 'identity_linked', context, { variables: { provider } });
    }
    return linked;
  }

  /**
   * Unlinks an identity of the caller's account, and ends what is pending, such as a login by the identity. Only
   * {@link finishLink} links it again.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @returns a `set-cookie` header by which a known device stays known
   * @throws ProblemException `identity_not_found`, `last_login_method`, `token_invalid`
   */
  async unlink(
    principal: Principal,
    id: string,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const { accountId } = principal;
    const deviceCookie = await this.dataSource.transaction(async (manager) => {
      const account = await this.accounts.lock(manager, accountId);
      await this.access.endPending(manager, accountId);
      await this.sessions.assertActive(manager, principal);
      const identity = await this.logins.unlinkIdentity(manager, id, accountId);
      if (!identity) {
        const exists = await this.identities.exists(manager, accountId, id);
        throw (exists ? lastLoginMethod : identityNotFound).exception();
      }
      const { provider } = identity;
      await this.unlinked.add(manager, accountId, identity);
      await this.audit.record(manager, context, {
        type: 'identity.unlinked',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider },
      });
      await this.notices.send(manager, accountId, 'identity_unlinked', context, { variables: { provider } });
      return account && this.knownDevices.keep(manager, account, cookies);
    });
    identityChanges.inc({ change: 'unlinked' });
    return deviceCookie;
  }

  /**
   * Removes an identity in the caller's transaction, even if it is the account's last way to log in, and ends what is pending.
   * Only the owner links it again, by {@link finishLink}. The caller audits it.
   * @throws ProblemException `identity_not_found`
   */
  async removeOne(manager: EntityManager, accountId: string, id: string): Promise<void> {
    // locks the account before the identity, as logins do
    await this.access.endPending(manager, accountId);
    const identity = await this.identities.remove(manager, accountId, id);
    if (!identity) {
      throw identityNotFound.exception();
    }
    await this.unlinked.add(manager, accountId, identity);
  }

  removePending(manager: EntityManager, accountId: string): Promise<void> {
    return this.flows.endLinks(manager, accountId);
  }

  async removeAll(manager: EntityManager, accountId: string, { isForced }: { isForced: boolean }): Promise<void> {
    for (const identity of await this.identities.removeAll(manager, accountId)) {
      if (isForced) {
        await this.unlinked.add(manager, accountId, identity);
      }
    }
  }
}

function viewOf(identity: ExternalIdentity): IdentityView {
  return {
    id: identity.id,
    provider: identity.provider,
    email: identity.email,
    created_at: identity.createdAt.toISOString(),
    last_used_at: identity.lastUsedAt.toISOString(),
  };
}
