import {
  type BoundedCount,
  countBounded,
  execute,
  purge,
  queryRow,
  queryRows,
  sql,
  type Queryable,
  type RequestContext,
} from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { recording, type AuditEntry } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { succeeding } from '../rate-limits/index.ts';
import type {
  Authentication,
  Device,
  NewSession,
  Owner,
  PresentedToken,
  RefreshedSession,
  SessionOwner,
  StartedSession,
  StoredSession,
} from './session.ts';
import { authTime, prolonging, type SessionLifetimes } from './session.sql.ts';

export const maxSessionsPerAccount = 100;

const most = sql.raw(String(maxSessionsPerAccount));

/** Whether the owner of a session has proved to receive mail at the account's e-mail address. */
const emailVerified = sql.raw('email_verified_at IS NOT NULL AS "emailVerified"');

/**
 * The table `session`. A row exists only while its session is valid: logging out deletes it, and the audit trail remembers.
 * `start`, `refresh` and `check` also read `account`: they are the hot paths, and one statement each.
 */
@Injectable()
export class SessionsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG)
    private readonly config: SessionLifetimes & Pick<AuthConfig, 'REFRESH_GRACE_SECONDS'>,
  ) {}

  /**
   * Starts a session, records the event and resets the login's rate limits, all in one statement. It locks the account, so
   * that no session slips past a transaction that disables the account, enrols a second factor or changes the password.
   * @returns undefined if the account is disabled, gone, has a second factor that was not proved, another password or another
   *   security epoch
   */
  start(
    on: Queryable,
    session: NewSession,
    event: AuditEntry,
    context: RequestContext,
  ): Promise<StartedSession | undefined> {
    const { id, accountId, tokenHash, amr, passwordSince, securityEpoch, limits } = session;
    const { SESSION_IDLE_TTL_SECONDS: idleTtl, SESSION_TTL_SECONDS: ttl } = this.config;
    const started = sql.raw('started');
    return queryRow(
      on,
      sql`/* sessions.start */
        WITH owner AS (
          SELECT id, ${emailVerified} FROM account
          WHERE id = ${accountId} AND disabled_at IS NULL AND (NOT second_factor OR 'mfa' = ANY (${amr}::text[]))
            AND (${passwordSince}::timestamptz IS NULL OR password_changed_at = ${passwordSince})
            AND (${securityEpoch}::bigint IS NULL OR security_epoch = ${securityEpoch})
          FOR NO KEY UPDATE),
        started AS (
          INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address,
            user_agent, amr, authenticated_at)
          SELECT ${id}, id, ${tokenHash}, now(), now(), now(),
            now() + make_interval(secs => least(${idleTtl}::int, ${ttl}::int)), ${context.address}, ${context.userAgent},
            ${amr}::text[], now()
          FROM owner
          RETURNING expires_at AS "expiresAt", ${authTime},
            (SELECT count(*) FROM session WHERE account_id = ${accountId})::int AS others),
        recorded AS (${recording(context, [event])} WHERE EXISTS (SELECT FROM started)),
        ${succeeding(limits, started)}
        SELECT "expiresAt", "authTime", "emailVerified", others FROM started, owner`,
    );
  }

  /**
   * Starts a session that is authenticated as another one of the account is, and lives no longer, but is held by nobody but an
   * application's tokens. Its time of authentication is none, so that it proves no recent login.
   * @param device from where and by what it is used
   * @returns how many sessions the account had before
   */
  async branch(
    on: Queryable,
    { sessionId, accountId }: SessionOwner,
    { id, tokenHash }: Pick<NewSession, 'id' | 'tokenHash'>,
    device: Device,
  ): Promise<number> {
    const { SESSION_IDLE_TTL_SECONDS: idleTtl, SESSION_TTL_SECONDS: ttl } = this.config;
    const row = await queryRow<{ others: number }>(
      on,
      sql`/* sessions.branch */
        INSERT INTO session (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address,
          user_agent, amr, authenticated_at)
        SELECT ${id}, account_id, ${tokenHash}, now(), created_at, now(),
          least(now() + make_interval(secs => ${idleTtl}::int), created_at + make_interval(secs => ${ttl}::int)),
          ${device.address}, ${device.userAgent}, amr, 'epoch'
        FROM session WHERE id = ${sessionId} AND account_id = ${accountId}
        RETURNING (SELECT count(*) FROM session WHERE account_id = ${accountId})::int AS others`,
    );
    return row?.others ?? 0;
  }

  /** Deletes the least recently used sessions of an account beyond {@link maxSessionsPerAccount}, except those in use by a change. */
  async trim(on: Queryable, accountId: string): Promise<void> {
    await execute(
      on,
      sql`/* sessions.trim */ DELETE FROM session WHERE id IN (SELECT id FROM session WHERE id IN (
        SELECT id FROM session WHERE account_id = ${accountId} ORDER BY last_used_at DESC, id OFFSET ${most}) FOR UPDATE SKIP LOCKED)`,
    );
  }

  /**
   * Rotates a refresh token, or finds its successor within the grace time, in one atomic statement: of concurrent requests
   * with one token the first rotates it and the others find its successor. Once the successor has been used, the token is no
   * longer the previous one.
   * @returns undefined if the token is neither the latest of its session nor within its grace time, or the session has ended
   */
  refresh(
    { sessionId, hash, successors }: PresentedToken,
    context: RequestContext,
  ): Promise<RefreshedSession | undefined> {
    const { REFRESH_GRACE_SECONDS: grace } = this.config;
    return queryRow(
      this.dataSource,
      sql`/* sessions.refresh */ UPDATE session s SET
          token_hash = CASE WHEN s.token_hash = ${hash} THEN (${successors}::bytea[])[1] ELSE s.token_hash END,
          previous_hash = ${hash},
          rotated_at = CASE WHEN s.token_hash = ${hash} THEN now() ELSE s.rotated_at END,
          ${prolonging(this.config, context)}
        FROM account a
        WHERE s.id = ${sessionId} AND a.id = s.account_id AND a.disabled_at IS NULL AND s.expires_at > now()
          AND (s.token_hash = ${hash}
            OR s.previous_hash = ${hash} AND s.token_hash = ANY (${successors}::bytea[]) AND s.rotated_at > now() - make_interval(secs => ${grace}::int))
        RETURNING s.account_id AS "accountId", s.token_hash AS "tokenHash", s.expires_at AS "expiresAt", a.roles,
          ${emailVerified}, s.amr, ${authTime}, s.rotated_at = now() AS rotated`,
    );
  }

  /** What tokens of a session say now about its owner; undefined if the session has ended. */
  check(
    on: Queryable,
    sessionId: string,
    accountId: string,
  ): Promise<(Authentication & Owner & { hasCookie: boolean }) | undefined> {
    return queryRow(
      on,
      sql`/* sessions.check */ SELECT a.roles, ${emailVerified}, s.amr, ${authTime}, s.browser_hash IS NOT NULL AS "hasCookie"
        FROM session s JOIN account a ON a.id = s.account_id
        WHERE s.id = ${sessionId} AND s.account_id = ${accountId} AND a.disabled_at IS NULL AND s.expires_at > now()`,
    );
  }

  /** The sessions of an account, the latest used first. */
  list(accountId: string): Promise<StoredSession[]> {
    return queryRows(
      this.dataSource,
      sql`/* sessions.list */ SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt",
          address, user_agent AS "userAgent"
        FROM session WHERE account_id = ${accountId} AND expires_at > now() ORDER BY last_used_at DESC LIMIT ${most}`,
    );
  }

  /**
   * Adds authentication methods to a session, and sets its time of authentication to now.
   * @returns undefined if the session has ended
   */
  renew(on: Queryable, sessionId: string, accountId: string, amr: string[]): Promise<Authentication | undefined> {
    return queryRow(
      on,
      sql`/* sessions.renew */ UPDATE session
        SET amr = ARRAY(SELECT DISTINCT unnest(amr || ${amr}::text[]) ORDER BY 1), authenticated_at = now()
        WHERE id = ${sessionId} AND account_id = ${accountId} AND expires_at > now()
        RETURNING amr, ${authTime}`,
    );
  }

  /** Deletes one session of an account, and returns whether there was one. */
  async remove(on: Queryable, accountId: string, id: string): Promise<boolean> {
    const statement = sql`/* sessions.remove */ DELETE FROM session WHERE account_id = ${accountId} AND id = ${id}`;
    return (await execute(on, statement)) > 0;
  }

  /** Deletes a session unless it has expired, and returns the id of its account. */
  async removeUnexpired(on: Queryable, id: string): Promise<string | undefined> {
    const row = await queryRow<{ accountId: string }>(
      on,
      sql`/* sessions.remove-unexpired */
        DELETE FROM session WHERE id = ${id} AND expires_at > now() RETURNING account_id AS "accountId"`,
    );
    return row?.accountId;
  }

  /**
   * Deletes the sessions of an account.
   * @param except the id of a session that stays
   * @returns the ids of the deleted ones
   */
  async removeAll(on: Queryable, accountId: string, except: string | null = null): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      on,
      sql`/* sessions.remove-all */
        DELETE FROM session WHERE account_id = ${accountId} AND id IS DISTINCT FROM ${except}::uuid RETURNING id`,
    );
    return rows.map(({ id }) => id);
  }

  /** Counts the sessions of all accounts: up to 10,000 one by one, beyond that by PostgreSQL's estimate. */
  countActive(): Promise<BoundedCount> {
    return countBounded(this.dataSource, 'session', sql`expires_at > now()`, 'expires_at');
  }

  /** Deletes expired sessions, `limit` at most, and returns how many. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'session', key: 'id', expired, orderBy: 'expires_at' }, limit);
  }

  /** What the sessions of an account say about its owner. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* sessions.personal-data */
        SELECT json_build_object('id', id, 'created_at', created_at, 'last_used_at', last_used_at, 'expires_at', expires_at,
          'address', host(address), 'user_agent', user_agent, 'amr', amr, 'authenticated_at', authenticated_at) AS row
        FROM session WHERE account_id = ${accountId} ORDER BY created_at`,
    );
    return rows.map(({ row }) => row);
  }
}
