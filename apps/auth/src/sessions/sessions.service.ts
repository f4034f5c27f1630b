import { problems, queryRow, queryRows, sql, type Principal, type Queryable, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService, recording } from '../audit/index.ts';
import { succeeding, type LoginLimits } from '../rate-limits/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { AccessTokensService, RefreshTokens, type RefreshToken } from './tokens/index.ts';
import { deviceName } from './device-name.ts';
import { SessionsMetrics } from './sessions.metrics.ts';
import { refreshTokenInvalid, sessionNotFound, loginRefused } from './sessions.problems.ts';
import type { AccessToken, SessionView, Tokens } from './sessions.schema.ts';

/** How long a used refresh token gives its successor again, for clients whose answer got lost. */
const graceSeconds = 10;
const maxSessionsPerAccount = 100;

/** In whole seconds, never ahead of the clock. */
const authTimeColumn = 'floor(extract(epoch FROM authenticated_at))::int AS auth_time';

/** Some before the limit: logins at the same time do not see each other's sessions. */
const trimFrom = maxSessionsPerAccount - 10;

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
  RETURNING s.account_id, s.token_hash, s.expires_at, a.roles, s.amr, ${authTimeColumn}, s.rotated_at = now() AS rotated`;

const checkStatement = `
  SELECT a.roles, s.amr, ${authTimeColumn} FROM session s JOIN account a ON a.id = s.account_id
  WHERE s.id = $1 AND s.account_id = $2 AND a.disabled_at IS NULL AND s.expires_at > now()`;

const listStatement = `
  SELECT id, created_at, last_used_at, expires_at, address, user_agent FROM session
  WHERE account_id = $1 AND expires_at > now() ORDER BY last_used_at DESC LIMIT ${String(maxSessionsPerAccount)}`;

const renewStatement = `
  UPDATE session SET amr = ARRAY(SELECT DISTINCT unnest(amr || $3::text[]) ORDER BY 1), authenticated_at = now()
  WHERE id = $1 AND account_id = $2 AND expires_at > now()
  RETURNING amr, ${authTimeColumn}`;

const purgeStatement = `
  DELETE FROM session WHERE id = ANY (ARRAY (
    SELECT id FROM session WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** A login that has come to its end. */
interface CompleteLogin {
  account: { id: string; roles: string[] };
  /** By what it was. */
  method: string;
  /** How its owner proved who they are, in the words of RFC 8176; with `mfa` where that was more than one factor. */
  amr: string[];
  /** Since when the account has the password that was given, as PostgreSQL writes it; only where one was. */
  passwordSince?: string | undefined;
  /** Where the login was counted. */
  limits?: LoginLimits | undefined;
}

interface Authentication {
  amr: string[];
  auth_time: number;
}

interface SessionRow {
  id: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
  address: string;
  user_agent: string | null;
}

interface RefreshedRow extends Authentication {
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
   * Starts the session of a login, by one statement, which needs no transaction; beyond 100 of one account the least recently
   * used ends.
   * @throws ProblemException `sign_in_refused` where the account is disabled or gone, has a second factor that was not proved,
   *   or another password by now
   */
  async start(
    on: Queryable,
    { account, method, amr, passwordSince, limits }: CompleteLogin,
    context: RequestContext,
  ): Promise<Tokens> {
    const id = uuidv7();
    const refreshToken = this.refreshTokens.issue(id);
    const ids = { actorId: account.id, subjectId: account.id };
    const [idle, whole] = this.lifetimes;
    const started = sql.raw('started');
    const row = await queryRow<{ expires_at: Date; auth_time: number; others: number }>(
      on,
      // locks the account: one that is being disabled gets no session that outlives it, one that is being given a second
      // factor none that slips past it, one whose password is being changed none by the old password
      sql`/* sessions.start */
        WITH started AS (
          INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address,
            user_agent, amr, authenticated_at)
          SELECT ${id}, id, ${refreshToken.hash}, now(), now(), now(),
            now() + make_interval(secs => least(${idle}::int, ${whole}::int)), ${context.address}, ${context.userAgent},
            ${amr}::text[], now()
          FROM account
          WHERE id = ${account.id} AND disabled_at IS NULL AND (NOT second_factor OR 'mfa' = ANY (${amr}::text[]))
            AND (${passwordSince}::timestamptz IS NULL OR password_changed_at = ${passwordSince})
          FOR NO KEY UPDATE
          RETURNING expires_at, ${sql.raw(authTimeColumn)},
            (SELECT count(*) FROM session WHERE account_id = ${account.id})::int AS others),
        recorded AS (
          ${recording(context, [{ type: 'login.succeeded', ...ids, detail: { method, amr } }])}
          WHERE EXISTS (SELECT FROM started)),
        ${succeeding(limits, started)}
        SELECT expires_at, auth_time, others FROM started`,
    );
    if (!row) {
      throw loginRefused.exception();
    }
    if (row.others >= trimFrom) {
      await on.query(trimStatement, [account.id]);
    }
    const { expires_at: expiresAt, auth_time: authTime } = row;
    const principal = { accountId: account.id, sessionId: id, roles: account.roles, amr, authTime };
    return this.tokens(principal, refreshToken, expiresAt);
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
    const { account_id: accountId, roles, amr, auth_time: authTime } = row;
    const principal = { accountId, sessionId: presented.sessionId, roles, amr, authTime };
    return this.tokens(principal, successor, row.expires_at);
  }

  /**
   * Notes in the caller's transaction that a session's owner has proved who they are once more.
   * @param amr how, which is added to how they did before
   * @returns an access token that says so; the next refresh gives one too
   * @throws ProblemException `token_invalid` where the session has ended meanwhile
   */
  async renew(manager: EntityManager, principal: Principal, amr: string[]): Promise<AccessToken> {
    const { sessionId, accountId } = principal;
    const [row] = await queryRows<Authentication>(manager, renewStatement, [sessionId, accountId, amr]);
    if (!row) {
      throw problems.tokenInvalid.exception();
    }
    return this.accessToken({ ...principal, amr: row.amr, authTime: row.auth_time });
  }

  /** The caller with today's roles and authentication, or null once the session has ended. */
  async check(principal: Principal): Promise<Principal | null> {
    const [row] = await queryRows<{ roles: string[] } & Authentication>(this.dataSource, checkStatement, [
      principal.sessionId,
      principal.accountId,
    ]);
    return row ? { ...principal, roles: row.roles, amr: row.amr, authTime: row.auth_time } : null;
  }

  async list(principal: Principal): Promise<{ sessions: SessionView[] }> {
    const sessions = await queryRows<SessionRow>(this.dataSource, listStatement, [principal.accountId]);
    return {
      sessions: sessions.map((session) => ({
        id: session.id,
        created_at: session.created_at.toISOString(),
        last_used_at: session.last_used_at.toISOString(),
        expires_at: session.expires_at.toISOString(),
        address: session.address,
        device: deviceName(session.user_agent),
        user_agent: session.user_agent,
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

  private tokens(principal: Principal, refreshToken: RefreshToken, expiresAt: Date): Tokens {
    return {
      ...this.accessToken(principal),
      refresh_token: refreshToken.token,
      refresh_expires_at: expiresAt.toISOString(),
    };
  }

  private accessToken(principal: Principal): AccessToken {
    return {
      access_token: this.accessTokens.sign(principal),
      token_type: 'Bearer',
      expires_in: this.accessTokens.ttlSeconds,
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
