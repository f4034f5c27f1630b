import { execute, queryRow, sql, type Queryable, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AUTH_CONFIG } from '../../config.ts';
import type { Locale } from '../../texts/index.ts';
import { authTime, prolonging, type SessionLifetimes } from '../index.ts';

/** A session that a browser holds, and its owner. */
export interface BrowserSession {
  sessionId: string;
  accountId: string;
  email: string;
  emailVerified: boolean;
  hasPassword: boolean;
  roles: string[];
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** Time of the last authentication, in seconds since 1970. */
  authTime: number;
  /** The same to the microsecond. */
  authenticatedAt: number;
  expiresAt: Date;
  /** The language that its owner reads. */
  locale: Locale | null;
}

/** The columns of a {@link BrowserSession}: of the session `s` and its account `a`. */
const sessionColumns = sql`s.id AS "sessionId", s.account_id AS "accountId", a.email, a.email_verified_at IS NOT NULL AS "emailVerified",
          a.password_hash IS NOT NULL AS "hasPassword", a.roles, s.amr, ${authTime},
          extract(epoch FROM s.authenticated_at)::float8 AS "authenticatedAt", s.expires_at AS "expiresAt", a.locale`;

/** The columns of the table `session` that only sessions of browsers use. */
@Injectable()
export class BrowserSessionsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: SessionLifetimes,
  ) {}

  /**
   * Replaces a session's refresh token by a browser's cookie, in one atomic statement.
   * @param tokenHash hash of the refresh token, which becomes useless
   * @param browserHash hash of the cookie's value
   * @param unusableHash what no refresh token hashes to
   * @returns false if the refresh token is not the session's latest
   */
  async adopt(sessionId: string, tokenHash: Buffer, browserHash: Buffer, unusableHash: Buffer): Promise<boolean> {
    const adopted = await execute(
      this.dataSource,
      sql`/* browser-sessions.adopt */ UPDATE session
        SET browser_hash = ${browserHash}, token_hash = ${unusableHash}, previous_hash = NULL
        WHERE id = ${sessionId} AND token_hash = ${tokenHash}`,
    );
    return adopted > 0;
  }

  /** Finds the session of a cookie and prolongs it, in one statement; undefined if it has ended. */
  use(browserHash: Buffer, context: RequestContext): Promise<BrowserSession | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* browser-sessions.use */ UPDATE session s SET
          ${prolonging(this.config, context)}
        FROM account a
        WHERE s.browser_hash = ${browserHash} AND a.id = s.account_id AND a.disabled_at IS NULL AND s.expires_at > now()
        RETURNING ${sessionColumns}`,
    );
  }

  /**
   * {@link use} that prolongs the session only if it was last used more than a minute ago. The session is as it was before that.
   */
  see(browserHash: Buffer, context: RequestContext): Promise<BrowserSession | undefined> {
    const isActive = sql`s.browser_hash = ${browserHash} AND a.id = s.account_id AND a.disabled_at IS NULL AND s.expires_at > now()`;
    return queryRow(
      this.dataSource,
      sql`/* browser-sessions.see */
        WITH used AS (
          UPDATE session s SET ${prolonging(this.config, context)}
          FROM account a WHERE ${isActive} AND s.last_used_at < now() - interval '1 minute')
        SELECT ${sessionColumns} FROM session s, account a WHERE ${isActive}`,
    );
  }

  /**
   * Replaces the cookie of a session, so that an earlier value opens nothing.
   * @param presented hash of the value that is replaced
   * @returns false if the session has ended, or has another value
   */
  async rotate(on: Queryable, sessionId: string, presented: Buffer, browserHash: Buffer): Promise<boolean> {
    const rotated = await execute(
      on,
      sql`/* browser-sessions.rotate */ UPDATE session SET browser_hash = ${browserHash}
        WHERE id = ${sessionId} AND browser_hash = ${presented} AND expires_at > now()`,
    );
    return rotated > 0;
  }

  /**
   * Ends the cookie of a session. The session goes on, and is still known as one of a browser.
   * @param unusableHash what no cookie hashes to
   */
  async endCookie(sessionId: string, unusableHash: Buffer): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* browser-sessions.end-cookie */ UPDATE session SET browser_hash = ${unusableHash}
        WHERE id = ${sessionId} AND browser_hash IS NOT NULL`,
    );
  }

  /** Deletes the session of a cookie, and returns it; undefined if it has ended. */
  remove(on: Queryable, browserHash: Buffer): Promise<Pick<BrowserSession, 'sessionId' | 'accountId'> | undefined> {
    return queryRow(
      on,
      sql`/* browser-sessions.remove */ DELETE FROM session WHERE browser_hash = ${browserHash}
        RETURNING id AS "sessionId", account_id AS "accountId"`,
    );
  }
}
