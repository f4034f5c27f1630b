import { counter, problems, type BoundedCount, type Principal, type Queryable, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService, type AuditEntry } from '../audit/index.ts';
import { ActivityService } from '../statistics/index.ts';
import { AccessTokensService, RefreshTokens, type RefreshToken } from './tokens/index.ts';
import { deviceName } from './device-name.ts';
import { SessionLocksRepository } from './session-locks.repository.ts';
import { loginRefused, refreshTokenInvalid, sessionNotFound } from './sessions.problems.ts';
import type { Authentication, Device, KeptSession, NewSession, Owner, SessionGrants, SessionOwner } from './session.ts';
import { maxSessionsPerAccount, SessionsRepository } from './sessions.repository.ts';
import type { AccessToken, SessionView, Tokens } from './sessions.schema.ts';

/** A little below the limit: concurrent logins do not see each other's sessions. */
const trimFrom = maxSessionsPerAccount - 10;

const refreshes = counter({
  name: 'auth_refreshes_total',
  help: 'Token refreshes by result; `reused` counts sessions that ended because a used token came again',
  labels: { result: ['rotated', 'repeated', 'reused', 'invalid'] },
});

/** A login that has passed all its checks. */
interface CompletedLogin
  extends Pick<NewSession, 'amr'>, Partial<Pick<NewSession, 'passwordSince' | 'securityEpoch' | 'limits'>> {
  account: { id: string; roles: string[] };
  /** The way to log in, for the audit trail. */
  method: string;
}

/** Starts, refreshes, lists and ends sessions. */
@Injectable()
export class SessionsService {
  private grants: SessionGrants | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sessions: SessionsRepository,
    private readonly locks: SessionLocksRepository,
    private readonly accessTokens: AccessTokensService,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditService,
    private readonly activity: ActivityService,
  ) {}

  /**
   * Starts the session of a login. That is one statement, which needs no transaction. Beyond 100 sessions of one account the
   * least recently used one ends.
   * @throws ProblemException `sign_in_refused` if the account is disabled or gone, if its second factor was not proved, or if
   *   its password or its security epoch has changed since
   */
  async start(
    on: Queryable,
    { account, method, amr, passwordSince, securityEpoch, limits }: CompletedLogin,
    context: RequestContext,
  ): Promise<Tokens> {
    const id = uuidv7();
    const refreshToken = this.refreshTokens.issue(id);
    const credentials = { amr, passwordSince, securityEpoch };
    const session = { id, accountId: account.id, tokenHash: refreshToken.hash, ...credentials, limits };
    const detail = { method, amr };
    const event: AuditEntry = { type: 'login.succeeded', actorId: account.id, subjectId: account.id, detail };
    const started = await this.sessions.start(on, session, event, context);
    if (!started) {
      throw loginRefused.exception();
    }
    this.activity.count('login_succeeded');
    if (started.others >= trimFrom) {
      await this.sessions.trim(on, account.id);
    }
    const { authTime, emailVerified, expiresAt } = started;
    const principal = { accountId: account.id, sessionId: id, roles: account.roles, emailVerified, amr, authTime };
    return this.tokens(principal, refreshToken, expiresAt);
  }

  /**
   * Starts a session of a device that the owner of a session connects, in the caller's transaction: it is authenticated as that
   * session is, and ends on its own.
   * @returns its id
   * @throws ProblemException `token_invalid` if the owner's session has ended meanwhile
   */
  async startForDevice(manager: EntityManager, owner: SessionOwner, device: Device): Promise<string> {
    await this.lockActive(manager, owner);
    const id = uuidv7();
    // no refresh token of this service hashes to this
    const tokenHash = randomBytes(32);
    if ((await this.sessions.branch(manager, owner, { id, tokenHash }, device)) >= trimFrom) {
      await this.sessions.trim(manager, owner.accountId);
    }
    return id;
  }

  /**
   * Exchanges a refresh token for new tokens. A token that comes again after the grace time ends its session: either the owner
   * or the caller has stolen it.
   * @throws ProblemException `refresh_token_invalid`
   */
  async refresh(token: string, context: RequestContext): Promise<Tokens> {
    const presented = this.refreshTokens.parse(token);
    if (!presented) {
      refreshes.inc({ result: 'invalid' });
      throw refreshTokenInvalid.exception();
    }
    const { sessionId, hash } = presented;
    const successors = this.refreshTokens.successors(presented);
    const hashes = successors.map((candidate) => candidate.hash);
    const refreshed = await this.sessions.refresh({ sessionId, hash, successors: hashes }, context);
    const successor = refreshed && successors.find((candidate) => candidate.hash.equals(refreshed.tokenHash));
    if (!successor) {
      await this.endReused(presented, context);
      throw refreshTokenInvalid.exception();
    }
    refreshes.inc({ result: refreshed.rotated ? 'rotated' : 'repeated' });
    const { accountId, roles, emailVerified, amr, authTime, expiresAt } = refreshed;
    return this.tokens({ accountId, sessionId, roles, emailVerified, amr, authTime }, successor, expiresAt);
  }

  /**
   * Records in the caller's transaction that a session's owner has authenticated again.
   * @param amr the authentication methods (RFC 8176), added to the earlier ones
   * @returns the session's authentication now, which its tokens contain from now on
   * @throws ProblemException `token_invalid` if the session has ended meanwhile
   */
  async renew(manager: EntityManager, owner: SessionOwner, amr: string[]): Promise<Authentication> {
    const renewed = await this.sessions.renew(manager, owner.sessionId, owner.accountId, amr);
    if (!renewed) {
      throw problems.tokenInvalid.exception();
    }
    return renewed;
  }

  /** An access token for a session as it is now, in place of the one that the principal comes from. */
  reissue(principal: Principal, authentication: Authentication): AccessToken {
    return this.accessTokens.issue({ ...principal, ...authentication });
  }

  /**
   * The caller as the account and the session are now, or null if the session has ended. A token of a browser's session does not get
   * what the owner proves after its issue: it may come from a stolen cookie, which is replaced then.
   */
  async check(principal: Principal): Promise<Principal | null> {
    const session = await this.sessions.check(this.dataSource, principal.sessionId, principal.accountId);
    if (!session) {
      return null;
    }
    const { hasCookie, ...current } = session;
    if (hasCookie) {
      current.amr = current.amr.filter((method) => principal.amr.includes(method));
      current.authTime = Math.min(current.authTime, principal.authTime);
    }
    return { ...principal, ...current };
  }

  /**
   * Requires in the caller's transaction, which has locked the account, that the caller's session has not ended meanwhile. It does
   * not end before the transaction does: who ends it gets the answer after the change.
   * @returns the caller's current roles and authentication
   * @throws ProblemException `token_invalid`
   */
  async assertActive(manager: EntityManager, { sessionId, accountId }: SessionOwner): Promise<Authentication & Owner> {
    const isHeld = await this.locks.hold(manager, sessionId, accountId);
    const current = isHeld ? await this.sessions.check(manager, sessionId, accountId) : undefined;
    if (!current) {
      throw problems.tokenInvalid.exception();
    }
    return current;
  }

  /**
   * Begins a change that a session's owner makes, in the caller's transaction: locks the account, and does what
   * {@link assertActive} does.
   * @throws ProblemException `token_invalid`
   */
  async lockActive(manager: EntityManager, owner: SessionOwner): Promise<void> {
    await this.locks.lockOwner(manager, owner.accountId);
    await this.assertActive(manager, owner);
  }

  /**
   * The sessions of an account.
   * @param owner.sessionId the session of the request, which the list marks
   */
  async list({ accountId, sessionId }: SessionOwner): Promise<{ sessions: SessionView[] }> {
    const sessions = await this.sessions.list(accountId);
    return {
      sessions: sessions.map((session) => ({
        id: session.id,
        created_at: session.createdAt.toISOString(),
        last_used_at: session.lastUsedAt.toISOString(),
        expires_at: session.expiresAt.toISOString(),
        address: session.address,
        device: deviceName(session.userAgent),
        user_agent: session.userAgent,
        current: session.id === sessionId,
      })),
    };
  }

  /**
   * Ends one session of the caller's account.
   * @throws ProblemException `session_not_found`, `token_invalid`
   */
  async revoke(principal: Principal, sessionId: string, context: RequestContext): Promise<void> {
    const { accountId } = principal;
    await this.dataSource.transaction(async (manager) => {
      await this.lockActive(manager, principal);
      await this.removeOne(manager, accountId, sessionId);
      await this.recordRevoked(manager, accountId, [sessionId], context);
    });
  }

  /**
   * Ends one session of an account, in the caller's transaction, which records the event.
   * @throws ProblemException `session_not_found`
   */
  async removeOne(manager: EntityManager, accountId: string, sessionId: string): Promise<void> {
    if (!(await this.sessions.remove(manager, accountId, sessionId))) {
      throw sessionNotFound.exception();
    }
  }

  /** Makes the end of all other sessions end what applications have of the one that stays, too. */
  registerGrants(grants: SessionGrants): void {
    this.grants = grants;
  }

  /**
   * Ends the sessions of an account, in the caller's transaction.
   * @param options.actorId the account that asks for it, if it is not the owner
   * @param options.except the session that stays. Of applications' grants in it, only that of the one that calls does: the others may
   * have been given to somebody who held the session's cookie.
   */
  async revokeAllOf(
    manager: EntityManager,
    accountId: string,
    context: RequestContext,
    { actorId = accountId, except }: { actorId?: string; except?: KeptSession | undefined } = {},
  ): Promise<void> {
    const ended = await this.sessions.removeAll(manager, accountId, except?.sessionId);
    if (except) {
      await this.grants?.endAllBut(manager, except);
    }
    await this.recordRevoked(manager, accountId, ended, context, actorId);
  }

  /**
   * Ends all sessions of the caller's account except the current one.
   * @throws ProblemException `token_invalid`
   */
  revokeAllButThis(principal: Principal, context: RequestContext): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await this.lockActive(manager, principal);
      await this.revokeAllOf(manager, principal.accountId, context, { except: principal });
    });
  }

  /** Counts the sessions of all accounts; beyond 10,000 it is an estimate. */
  countActive(): Promise<BoundedCount> {
    return this.sessions.countActive();
  }

  /** Deletes expired sessions, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.sessions.purge(manager, limit);
  }

  private tokens(principal: Principal, refreshToken: RefreshToken, expiresAt: Date): Tokens {
    return {
      ...this.accessTokens.issue(principal),
      refresh_token: refreshToken.token,
      refresh_expires_at: expiresAt.toISOString(),
    };
  }

  /**
   * Ends the session of an authentic token that a refresh did not accept. Such a token never becomes valid again, so this need
   * not happen in the same statement.
   */
  private async endReused({ sessionId }: RefreshToken, context: RequestContext): Promise<void> {
    const accountId = await this.dataSource.transaction(async (manager) => {
      const subjectId = await this.sessions.removeUnexpired(manager, sessionId);
      if (subjectId !== undefined) {
        const detail = { session_id: sessionId };
        await this.audit.record(manager, context, { type: 'session.refresh_reused', subjectId, detail });
      }
      return subjectId;
    });
    refreshes.inc({ result: accountId === undefined ? 'invalid' : 'reused' });
  }

  private async recordRevoked(
    manager: EntityManager,
    subjectId: string,
    sessionIds: string[],
    context: RequestContext,
    actorId = subjectId,
  ): Promise<void> {
    const detail = { session_ids: sessionIds };
    await this.audit.record(manager, context, { type: 'session.revoked', actorId, subjectId, detail });
  }
}
