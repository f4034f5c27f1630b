import { queryRows, type Principal, type Queryable, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, MoreThan, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { AccessTokensService, RefreshTokens, type RefreshToken } from '../tokens/index.ts';
import { deviceName } from './device-name.ts';
import { Session } from './session.entity.ts';
import { SessionsMetrics } from './sessions.metrics.ts';
import { refreshTokenInvalid, sessionNotFound, signInRefused } from './sessions.problems.ts';
import type { SessionView, Tokens } from './sessions.schema.ts';

/** How long a used refresh token gives its successor again, for clients whose answer got lost. */
const graceSeconds = 10;
const maxSessionsPerAccount = 100;

/** Locks the account, so that one that is being disabled gets no session that outlives it. */
const startStatement = `
  INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address, user_agent)
  SELECT $1, id, $3, now(), now(), now(), now() + make_interval(secs => least($4::int, $5::int)), $6, $7
  FROM account WHERE id = $2 AND disabled_at IS NULL FOR NO KEY UPDATE
  RETURNING expires_at`;

const trimStatement = `
  DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE account_id = $1 ORDER BY last_used_at DESC, id OFFSET ${String(maxSessionsPerAccount)})`;

/**
 * Rotates a refresh token, or repeats the rotation within the grace time, in one atomic statement: however many requests
 * bring the token at once, one rotates it and the others find its successor.
 * $1 session, $2 the token's hash, $3 hashes of the possible successors, $4 idle and $5 whole life in s, $6 address,
 * $7 user agent
 */
const refreshStatement = `
  UPDATE session s SET
    token_hash = CASE WHEN s.token_hash = $2 THEN ($3::bytea[])[1] ELSE s.token_hash END,
    previous_hash = $2,
    rotated_at = CASE WHEN s.token_hash = $2 THEN now() ELSE s.rotated_at END,
    last_used_at = now(),
    expires_at = least(now() + make_interval(secs => $4::int), s.created_at + make_interval(secs => $5::int)),
    address = $6,
    user_agent = $7
  FROM account a
  WHERE s.id = $1 AND a.id = s.account_id AND a.disabled_at IS NULL AND s.expires_at > now()
    AND (s.token_hash = $2
      OR s.previous_hash = $2 AND s.token_hash = ANY ($3::bytea[])
        AND s.rotated_at > now() - make_interval(secs => ${String(graceSeconds)}))
  RETURNING s.account_id, s.token_hash, s.expires_at, a.roles, s.rotated_at = now() AS rotated`;

const checkStatement = `
  SELECT a.roles FROM session s JOIN account a ON a.id = s.account_id
  WHERE s.id = $1 AND s.account_id = $2 AND a.disabled_at IS NULL AND s.expires_at > now()`;

const purgeStatement = `
  DELETE FROM session WHERE id = ANY (ARRAY (
    SELECT id FROM session WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

interface RefreshedRow {
  account_id: string;
  token_hash: Buffer;
  expires_at: Date;
  roles: string[];
  rotated: boolean;
}

/** Starts, refreshes, lists and ends sessions. */
@Injectable()
export class SessionsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly accessTokens: AccessTokensService,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditService,
    private readonly metrics: SessionsMetrics,
  ) {}

  /**
   * Starts a session in the caller's transaction; beyond 100 of one account the least recently used ends.
   * @param account who logged in
   * @throws ProblemException `sign_in_refused` where the account is disabled or gone
   */
  async start(
    manager: EntityManager,
    account: { id: string; roles: string[] },
    context: RequestContext,
  ): Promise<Tokens> {
    const id = uuidv7();
    const refreshToken = this.refreshTokens.issue(id);
    const [row] = await queryRows<{ expires_at: Date }>(manager, startStatement, [
      id,
      account.id,
      refreshToken.hash,
      ...this.lifetimes,
      context.address,
      context.userAgent,
    ]);
    if (!row) {
      throw signInRefused.exception();
    }
    await manager.query(trimStatement, [account.id]);
    const principal = { accountId: account.id, sessionId: id, roles: account.roles };
    return this.tokens(principal, refreshToken, row.expires_at);
  }

  /**
   * Exchanges a refresh token for new tokens. A used one, beyond the grace time, ends the whole session: either its owner
   * or the one who comes now has stolen it.
   * @throws ProblemException `refresh_token_invalid`
   */
  async refresh(token: string, context: RequestContext): Promise<Tokens> {
    const presented = this.refreshTokens.parse(token);
    if (!presented) {
      this.metrics.refreshes.inc({ result: 'invalid' });
      throw refreshTokenInvalid.exception();
    }
    const successors = this.refreshTokens.successors(presented);
    const [row] = await queryRows<RefreshedRow>(this.dataSource, refreshStatement, [
      presented.sessionId,
      presented.hash,
      successors.map(({ hash }) => hash),
      ...this.lifetimes,
      context.address,
      context.userAgent,
    ]);
    const successor = row && successors.find(({ hash }) => hash.equals(row.token_hash));
    if (!successor) {
      await this.endReused(presented, context);
      throw refreshTokenInvalid.exception();
    }
    this.metrics.refreshes.inc({ result: row.rotated ? 'rotated' : 'repeated' });
    const principal = { accountId: row.account_id, sessionId: presented.sessionId, roles: row.roles };
    return this.tokens(principal, successor, row.expires_at);
  }

  /** The caller with today's roles, or null once the session has ended. */
  async check(principal: Principal): Promise<Principal | null> {
    const [row] = await queryRows<{ roles: string[] }>(this.dataSource, checkStatement, [
      principal.sessionId,
      principal.accountId,
    ]);
    return row ? { ...principal, roles: row.roles } : null;
  }

  async list(principal: Principal): Promise<{ sessions: SessionView[] }> {
    const sessions = await this.dataSource.manager.find(Session, {
      where: { accountId: principal.accountId, expiresAt: MoreThan(new Date()) },
      order: { lastUsedAt: 'DESC' },
      take: maxSessionsPerAccount,
    });
    return {
      sessions: sessions.map((session) => ({
        id: session.id,
        created_at: session.createdAt.toISOString(),
        last_used_at: session.lastUsedAt.toISOString(),
        expires_at: session.expiresAt.toISOString(),
        address: session.address,
        device: deviceName(session.userAgent),
        user_agent: session.userAgent,
        current: session.id === principal.sessionId,
      })),
    };
  }

  /**
   * Ends one session of the caller's account.
   * @throws ProblemException `session_not_found`
   */
  async revoke(principal: Principal, sessionId: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const ended = await this.end(manager, 'account_id = $1 AND id = $2', [principal.accountId, sessionId]);
      if (ended.length === 0) {
        throw sessionNotFound.exception();
      }
      await this.auditRevoked(manager, principal.accountId, context, ended);
    });
  }

  /** Ends all sessions of the caller's account. */
  async revokeAll(principal: Principal, context: RequestContext): Promise<void> {
    await this.dataSource.transaction((manager) => this.revokeAllOf(manager, principal.accountId, context));
  }

  /**
   * Ends all sessions of an account, in the caller's transaction.
   * @param actorId who asks for it, where it is not the owner
   */
  async revokeAllOf(
    manager: EntityManager,
    accountId: string,
    context: RequestContext,
    actorId = accountId,
  ): Promise<void> {
    const ended = await this.end(manager, 'account_id = $1', [accountId]);
    await this.auditRevoked(manager, accountId, context, ended, actorId);
  }

  /** Ends all sessions of the caller's account but the one that asks, in the caller's transaction. */
  async revokeOthers(manager: EntityManager, principal: Principal, context: RequestContext): Promise<void> {
    const others = [principal.accountId, principal.sessionId];
    const ended = await this.end(manager, 'account_id = $1 AND id <> $2', others);
    await this.auditRevoked(manager, principal.accountId, context, ended);
  }

  /** Ends all sessions of the caller's account but the one that asks. */
  revokeAllButThis(principal: Principal, context: RequestContext): Promise<void> {
    return this.dataSource.transaction((manager) => this.revokeOthers(manager, principal, context));
  }

  /** Deletes sessions that have expired, `limit` at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }

  private get lifetimes(): [idle: number, whole: number] {
    return [this.config.SESSION_IDLE_TTL_SECONDS, this.config.SESSION_TTL_SECONDS];
  }

  private async tokens(principal: Principal, refreshToken: RefreshToken, expiresAt: Date): Promise<Tokens> {
    return {
      access_token: await this.accessTokens.sign(principal),
      token_type: 'Bearer',
      expires_in: this.accessTokens.ttlSeconds,
      refresh_token: refreshToken.token,
      refresh_expires_at: expiresAt.toISOString(),
    };
  }

  /** A token of ours that is neither the latest nor in its grace time never becomes good again: deciding late is safe. */
  private async endReused({ sessionId }: RefreshToken, context: RequestContext): Promise<void> {
    const accountId = await this.dataSource.transaction(async (manager) => {
      const [row] = await queryRows<{ account_id: string }>(
        manager,
        'DELETE FROM session WHERE id = $1 AND expires_at > now() RETURNING account_id',
        [sessionId],
      );
      if (row) {
        const detail = { session_id: sessionId };
        await this.audit.record(manager, context, {
          type: 'session.refresh_reused',
          subjectId: row.account_id,
          detail,
        });
      }
      return row?.account_id;
    });
    this.metrics.refreshes.inc({ result: accountId === undefined ? 'invalid' : 'reused' });
  }

  private async end(on: Queryable, where: string, parameters: unknown[]): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(on, `DELETE FROM session WHERE ${where} RETURNING id`, parameters);
    return rows.map(({ id }) => id);
  }

  private async auditRevoked(
    manager: EntityManager,
    accountId: string,
    context: RequestContext,
    ended: string[],
    actorId = accountId,
  ) {
    await this.audit.record(manager, context, {
      type: 'session.revoked',
      actorId,
      subjectId: accountId,
      detail: { session_ids: ended },
    });
  }
}
