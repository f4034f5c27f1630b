import { queryRows, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ReauthenticationService, type StoredAccount } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { ExternalIdentity } from './external-identity.entity.ts';
import { FlowsService, type StartedFlow } from './flows.service.ts';
import type { AuthorizationResponse, Person } from './oidc-providers.ts';
import { SocialLoginMetrics } from './social-login.metrics.ts';
import { identityNotFound, identityTaken, lastLoginMethod, reauthenticationRequired } from './social-login.problems.ts';
import type { IdentityView, LinkStart } from './social-login.schema.ts';

/** Who has no password proves to be the owner by having just logged in. */
const recentLoginSeconds = 600;

const recentLoginStatement = `
  SELECT FROM session s JOIN account a ON a.id = s.account_id
  WHERE s.id = $1 AND a.id = $2 AND a.password_hash IS NULL
    AND s.created_at > now() - make_interval(secs => ${String(recentLoginSeconds)})`;

const linkStatement = `
  INSERT INTO external_identity (id, account_id, provider, issuer, subject, email) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (issuer, subject) DO NOTHING RETURNING id`;

/** Only behind a lock of the account: of two at once, that each leave the other's identity, one must see that it is gone. */
const unlinkStatement = `
  DELETE FROM external_identity i USING account a
  WHERE i.id = $1 AND i.account_id = $2 AND a.id = i.account_id
    AND (a.password_hash IS NOT NULL
      OR EXISTS (SELECT FROM external_identity other WHERE other.account_id = a.id AND other.id <> i.id))
  RETURNING i.provider`;

/** The identities of accounts, and what their owners do with them. */
@Injectable()
export class IdentitiesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly reauthentication: ReauthenticationService,
    private readonly flows: FlowsService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
  ) {}

  async list(principal: Principal): Promise<{ identities: IdentityView[] }> {
    const identities = await this.dataSource.manager.find(ExternalIdentity, {
      where: { accountId: principal.accountId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return { identities: identities.map(viewOf) };
  }

  /**
   * Begins to link an identity; asks for the password again, or where there is none for a recent login.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, and what {@link FlowsService.begin} throws
   */
  async startLink(
    principal: Principal,
    providerId: string,
    { redirect_uri, password }: LinkStart,
    context: RequestContext,
  ): Promise<StartedFlow> {
    if (password !== undefined) {
      await this.reauthentication.byPassword(principal, password);
    } else if (!(await this.hasJustLoggedIn(principal))) {
      throw reauthenticationRequired.exception();
    }
    return this.flows.begin(providerId, redirect_uri, principal.accountId, context);
  }

  /**
   * Links the identity that the caller has proven to be theirs; again if it is theirs already.
   * @throws ProblemException `identity_taken`, and what {@link FlowsService.finish} throws
   */
  async finishLink(
    principal: Principal,
    providerId: string,
    response: AuthorizationResponse,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<IdentityView> {
    const { accountId } = principal;
    const person = await this.flows.finish(providerId, response, accountId, cookies, context);
    const linked = await this.dataSource.transaction((manager) =>
      this.link(manager, accountId, providerId, person, context),
    );
    const { issuer, subject } = person;
    const identity = await this.dataSource.manager.findOneBy(ExternalIdentity, { issuer, subject, accountId });
    if (!identity) {
      this.metrics.flows.inc({ provider: providerId, result: 'refused' });
      await this.audit.record(this.dataSource.manager, context, {
        type: 'identity.link_refused',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider: providerId, reason: identityTaken.code },
      });
      throw identityTaken.exception();
    }
    this.metrics.flows.inc({ provider: providerId, result: 'succeeded' });
    this.metrics.identities.inc({ change: 'linked' }, linked ? 1 : 0);
    return viewOf(identity);
  }

  /**
   * Links an identity in the caller's transaction.
   * @returns whether it did: an identity that belongs to an account stays there
   */
  async link(
    manager: EntityManager,
    accountId: string,
    provider: string,
    { issuer, subject, email }: Person,
    context: RequestContext,
  ): Promise<boolean> {
    const linked = await queryRows(manager, linkStatement, [uuidv7(), accountId, provider, issuer, subject, email]);
    if (linked.length > 0) {
      await this.audit.record(manager, context, {
        type: 'identity.linked',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider },
      });
    }
    return linked.length > 0;
  }

  isKnown({ issuer, subject }: Person): Promise<boolean> {
    return this.dataSource.manager.existsBy(ExternalIdentity, { issuer, subject });
  }

  /**
   * The account that a person's identity belongs to, which is used now. The account is locked before its identity, as whoever
   * links or unlinks one does: two that take both in other orders would wait for each other.
   */
  async findAccount(manager: EntityManager, { issuer, subject }: Person): Promise<StoredAccount | undefined> {
    const [account] = await queryRows<StoredAccount>(
      manager,
      `WITH owner AS (
         SELECT a.* FROM external_identity i JOIN account a ON a.id = i.account_id
         WHERE i.issuer = $1 AND i.subject = $2 FOR NO KEY UPDATE OF a)
       UPDATE external_identity i SET last_used_at = now() FROM owner
       WHERE i.issuer = $1 AND i.subject = $2 AND i.account_id = owner.id
       RETURNING owner.id, owner.email, owner.password_hash AS "passwordHash", owner.roles,
         owner.second_factor AS "secondFactor"`,
      [issuer, subject],
    );
    return account;
  }

  /**
   * Unlinks an identity of the caller's account.
   * @throws ProblemException `identity_not_found`, `last_login_method`
   */
  async unlink(principal: Principal, id: string, context: RequestContext): Promise<void> {
    const { accountId } = principal;
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE', [accountId]);
      const [unlinked] = await queryRows<{ provider: string }>(manager, unlinkStatement, [id, accountId]);
      if (!unlinked) {
        const exists = await manager.existsBy(ExternalIdentity, { id, accountId });
        throw (exists ? lastLoginMethod : identityNotFound).exception();
      }
      await this.audit.record(manager, context, {
        type: 'identity.unlinked',
        actorId: accountId,
        subjectId: accountId,
        detail: { provider: unlinked.provider },
      });
    });
    this.metrics.identities.inc({ change: 'unlinked' });
  }

  private async hasJustLoggedIn({ sessionId, accountId }: Principal): Promise<boolean> {
    return (await queryRows(this.dataSource, recentLoginStatement, [sessionId, accountId])).length > 0;
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
