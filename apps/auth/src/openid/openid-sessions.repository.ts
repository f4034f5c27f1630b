import { queryRow, sql, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AUTH_CONFIG } from '../config.ts';
import { authTime, prolonging, type SessionLifetimes } from '../sessions/index.ts';
import type { SessionGrant } from './grants.repository.ts';

/** A session as the provider sees it. */
export interface OpenIdSession {
  id: string;
  accountId: string;
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** Time of the last authentication, in seconds since 1970. */
  authTime: number;
  /** Seconds since 1970. */
  createdAt: number;
  expiresAt: number;
  /** Its grants by client id; null without any. */
  grants: Record<string, SessionGrant> | null;
}

/** The columns of an {@link OpenIdSession}, of the table `session` as `s`. */
export const sessionColumns = sql`s.id, s.account_id AS "accountId", s.amr, ${authTime},
  floor(extract(epoch FROM s.created_at))::int AS "createdAt", floor(extract(epoch FROM s.expires_at))::int AS "expiresAt",
  (SELECT json_object_agg(p.client_id, json_build_object('id', g.id, 'firstParty', p.first_party))
    FROM openid_grant g JOIN application p ON p.id = g.application_id WHERE g.session_id = s.id) AS grants`;

/** Reads the table `session` with the grants of each: one statement each, because every request of a client needs it. */
@Injectable()
export class OpenIdSessionsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: SessionLifetimes,
  ) {}

  /** Finds the session of a browser's cookie, and prolongs it; undefined if it has ended. */
  use(browserHash: Buffer, context: RequestContext): Promise<OpenIdSession | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* openid-sessions.use */ UPDATE session s SET
          ${prolonging(this.config, context)}
        FROM account a
        WHERE s.browser_hash = ${browserHash} AND a.id = s.account_id AND a.disabled_at IS NULL AND s.expires_at > now()
        RETURNING ${sessionColumns}`,
    );
  }

  /** Finds a session by its id; undefined if it has ended. */
  find(id: string): Promise<OpenIdSession | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* openid-sessions.find */ SELECT ${sessionColumns} FROM session s JOIN account a ON a.id = s.account_id
        WHERE s.id = ${id} AND a.disabled_at IS NULL AND s.expires_at > now()`,
    );
  }
}
