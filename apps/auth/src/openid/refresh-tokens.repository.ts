import { execute, purge, queryRow, sql, type Queryable, type Sql } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { AdapterPayload } from 'oidc-provider';
import { DataSource } from 'typeorm';
import { profileColumns, type AccountProfile } from '../accounts/index.ts';
import { applicationColumns, publicKinds, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import type { StoredGrant } from './grants.repository.ts';
import { sessionColumns, type OpenIdSession } from './openid-sessions.repository.ts';
import { Resources } from './resources.ts';

/** A token that a client presents, and the hashes of the tokens that may follow it. */
export interface PresentedToken {
  clientId: string;
  familyId: string;
  hash: Buffer;
  /** The first one is for a new rotation. */
  successors: Buffer[];
}

/**
 * When to rotate a token that is presented: after all checks of the request; in advance, for a request from this origin that has nothing
 * else to be checked; or not.
 */
export type Rotation = 'checked' | { origin: string | null } | 'none';

/** What a refresh needs to know of a token. */
export interface FoundToken {
  payload: AdapterPayload;
  /** Whether it is the latest one, or gives the latest one again. */
  isValid: boolean;
  /** Seconds since 1970. */
  createdAt: number;
  expiresAt: number;
  /** The hash of the token that is valid now; null if the token was not rotated. */
  successor: Buffer | null;
  grant: StoredGrant;
  session: OpenIdSession;
  profile: AccountProfile;
}

type TokenRow = AccountProfile & Omit<FoundToken, 'profile'>;
type Row = { application: Application } & (TokenRow | { payload: null });

/**
 * The table `openid_refresh_token`: one row for all tokens that follow each other, with the hashes of the last two. `present` also reads
 * and writes whatever else a refresh needs: it is a hot path, and one statement.
 */
@Injectable()
export class RefreshTokensRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG)
    private readonly config: Pick<
      AuthConfig,
      'REFRESH_GRACE_SECONDS' | 'SESSION_IDLE_TTL_SECONDS' | 'SESSION_TTL_SECONDS'
    >,
    private readonly resources: Resources,
  ) {}

  /** @throws QueryFailedError if the grant has ended */
  async start(id: string, hash: Buffer, grantId: string, payload: AdapterPayload, ttlSeconds: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* openid-refresh-tokens.start */
        INSERT INTO openid_refresh_token (id, grant_id, token_hash, payload, expires_at)
        VALUES (${id}, ${grantId}, ${hash}, ${JSON.stringify(payload)}::json, now() + make_interval(secs => ${ttlSeconds}::int))
        RETURNING id`,
    );
  }

  /**
   * Finds a client's token with its session, grant and account, and rotates it, or finds its successor within the grace time, and prolongs
   * the session, all in one atomic statement: of concurrent requests with one token the first rotates it and the others find its
   * successor. The session is locked before the token, as by what ends the session, so that the two never deadlock.
   * @returns the application that has the client id, and the token, unless its session or account has ended
   */
  async present(
    token: PresentedToken,
    rotation: Rotation,
  ): Promise<{ application: Application | undefined; found: FoundToken | undefined }> {
    const { clientId, familyId, hash, successors } = token;
    const { SESSION_IDLE_TTL_SECONDS: idleTtl, SESSION_TTL_SECONDS: ttl, REFRESH_GRACE_SECONDS: grace } = this.config;
    const isValid = sql`(r.token_hash = ${hash} OR r.previous_hash = ${hash} AND r.token_hash = ANY (${successors}::bytea[])
          AND r.rotated_at > now() - make_interval(secs => ${grace}::int))`;
    const row = await queryRow<Row>(
      this.dataSource,
      sql`/* openid-refresh-tokens.present */
        WITH prolonged AS (
          UPDATE session s SET last_used_at = now(),
            expires_at = least(now() + make_interval(secs => ${idleTtl}::int), s.created_at + make_interval(secs => ${ttl}::int))
          FROM openid_refresh_token r, openid_grant g, application p, account a
          WHERE ${this.mayRotate(rotation)} AND r.id = ${familyId} AND g.id = r.grant_id AND p.id = g.application_id
            AND p.client_id = ${clientId} AND s.id = g.session_id AND s.expires_at > now() AND a.id = s.account_id
            AND a.disabled_at IS NULL AND r.expires_at > now() AND ${isValid}
          RETURNING coalesce(p.refresh_token_ttl_seconds, ${idleTtl}::int) AS ttl
        ), rotated AS (
          UPDATE openid_refresh_token r SET
            token_hash = CASE WHEN r.token_hash = ${hash} THEN (${successors}::bytea[])[1] ELSE r.token_hash END,
            previous_hash = ${hash},
            rotated_at = CASE WHEN r.token_hash = ${hash} THEN now() ELSE r.rotated_at END,
            expires_at = now() + make_interval(secs => prolonged.ttl)
          FROM prolonged
          WHERE r.id = ${familyId} AND r.expires_at > now() AND ${isValid}
          RETURNING r.token_hash AS hash
        )
        SELECT (SELECT row_to_json(x) FROM (SELECT ${applicationColumns} FROM (SELECT p.*) p) x) AS application, found.*
        FROM application p LEFT JOIN LATERAL (
          SELECT profile.*, r.payload, ${isValid} AS "isValid", floor(extract(epoch FROM r.created_at))::int AS "createdAt",
            floor(extract(epoch FROM r.expires_at))::int AS "expiresAt", (SELECT hash FROM rotated) AS successor,
            json_build_object('id', g.id, 'accountId', g.account_id, 'sessionId', g.session_id, 'clientId', p.client_id,
              'consented', c.permissions, 'createdAt', floor(extract(epoch FROM g.created_at))::int) AS grant,
            (SELECT row_to_json(x) FROM (SELECT ${sessionColumns}) x) AS session
          FROM openid_refresh_token r JOIN openid_grant g ON g.id = r.grant_id JOIN session s ON s.id = g.session_id
            JOIN LATERAL (SELECT ${profileColumns} FROM account WHERE id = s.account_id AND disabled_at IS NULL) profile ON true
            LEFT JOIN openid_consent c ON c.account_id = g.account_id AND c.application_id = g.application_id
          WHERE r.id = ${familyId} AND g.application_id = p.id AND s.expires_at > now()
        ) found ON true
        WHERE p.client_id = ${clientId}`,
    );
    return { application: row?.application, found: row && isFound(row) ? foundToken(row) : undefined };
  }

  async delete(id: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* openid-refresh-tokens.delete */ DELETE FROM openid_refresh_token WHERE id = ${id}`,
    );
  }

  /** Deletes expired tokens, `limit` at most, and returns how many. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'openid_refresh_token', key: 'id', expired, orderBy: 'expires_at' }, limit);
  }

  /**
   * In advance, only a token without a key rotates, for a client without a secret, from an origin and for a resource that it has. One
   * that is about to end may have ended by the library's clock. PostgreSQL can not read a payload with U+0000 or a lone surrogate, such as
   * in a nonce or a claim; `JSON.stringify` escapes both, and no other surrogates.
   */
  private mayRotate(rotation: Rotation): Sql {
    if (typeof rotation === 'string') {
      return sql.raw(rotation === 'checked' ? 'true' : 'false');
    }
    const { origin } = rotation;
    return sql`p.kind = ANY (${publicKinds}::text[]) AND r.expires_at > now() + interval '1 minute'
            AND CASE WHEN r.payload::text ~ '\\\\u(0000|d[89a-f])' THEN false
              ELSE r.payload ->> 'jkt' IS NULL AND ${this.resources.isOf(sql.raw("(r.payload ->> 'resource')"))} END
            AND (${origin}::text IS NULL OR ${origin} = ANY (p.origins))`;
  }
}

const isFound = (row: Row): row is { application: Application } & TokenRow => row.payload !== null;

function foundToken({ payload, isValid, createdAt, expiresAt, successor, grant, session, ...profile }: TokenRow) {
  return { payload, isValid, createdAt, expiresAt, successor, grant, session, profile };
}
