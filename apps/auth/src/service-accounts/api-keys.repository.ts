import { execute, queryRow, queryRows, sql, type ClientPrincipal, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';

/** A secret of a service account. */
export interface ApiKey {
  id: string;
  /** The first characters of the key, which identify it. */
  prefix: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  /** When it got its successor. */
  rotated_at: Date | null;
  /** To the minute. */
  last_used_at: Date | null;
}

/** A key to store. */
export interface NewApiKeyEntry {
  id: string;
  prefix: string;
  /** SHA-256 of the whole key. */
  hash: Buffer;
}

/** What authenticates a service account. */
export interface ActiveApiKey {
  id: string;
  /** SHA-256 of the whole key. */
  hash: Buffer;
  scopes: string[];
  /** Seconds until the key expires; null if it does not. */
  secondsLeft: number | null;
}

/** What a key may still do: its scopes that the service account has not lost since. */
const granted = sql.raw(`ARRAY (
  SELECT unnest(scopes) INTERSECT SELECT unnest(s.scopes) FROM service_account s WHERE s.id = service_account_id ORDER BY 1)`);
const columns = sql`id, prefix, ${granted} AS scopes, created_at, expires_at, rotated_at, last_used_at`;
const isActive = sql.raw('(expires_at IS NULL OR expires_at > now())');

/** The table `api_key`. Revoked keys are deleted; the audit trail keeps their ids. */
@Injectable()
export class ApiKeysRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Stores a key.
   * @param scopes null for all scopes of the service account
   * @param expiresAt RFC 3339; null for never
   * @returns undefined if there is no such service account, or if it lacks one of the scopes
   */
  async insert(
    manager: EntityManager,
    { id, prefix, hash }: NewApiKeyEntry,
    accountId: string,
    scopes: string[] | null,
    expiresAt: string | null,
  ): Promise<ApiKey | undefined> {
    const keyScopes = sql`coalesce(${scopes}::text[], s.scopes)`;
    return queryRow<ApiKey>(
      manager,
      sql`/* api-keys.insert */
        INSERT INTO api_key (id, service_account_id, prefix, hash, scopes, expires_at)
        SELECT ${id}::uuid, s.id, ${prefix}::text, ${hash}::bytea, ${keyScopes}, ${expiresAt}::timestamptz
        FROM service_account s WHERE s.id = ${accountId} AND s.scopes @> ${keyScopes}
        RETURNING ${columns}`,
    );
  }

  /**
   * Stores the successor of an active key and sets when the old key expires, in one atomic statement: only one of several
   * concurrent rotations succeeds.
   * @param overlapSeconds how long the old key stays valid at most
   * @param expiresAt RFC 3339; null to live as long as the old key
   * @returns undefined if there is no such key, or if it has expired or has a successor
   */
  async rotate(
    manager: EntityManager,
    { id, prefix, hash }: NewApiKeyEntry,
    { accountId, keyId }: { accountId: string; keyId: string },
    overlapSeconds: number,
    expiresAt: string | null,
  ): Promise<ApiKey | undefined> {
    return queryRow<ApiKey>(
      manager,
      sql`/* api-keys.rotate */
        WITH old AS (
          SELECT id, service_account_id, scopes, expires_at - created_at AS life FROM api_key
          WHERE id = ${keyId} AND service_account_id = ${accountId} AND rotated_at IS NULL AND ${isActive}
          FOR UPDATE
        ), ending AS (
          UPDATE api_key k
          SET rotated_at = now(), expires_at = least(k.expires_at, now() + make_interval(secs => ${overlapSeconds}::int))
          FROM old WHERE k.id = old.id
        )
        INSERT INTO api_key (id, service_account_id, prefix, hash, scopes, expires_at)
        SELECT ${id}::uuid, service_account_id, ${prefix}::text, ${hash}::bytea, scopes,
          coalesce(${expiresAt}::timestamptz, now() + life)
        FROM old
        RETURNING ${columns}`,
    );
  }

  /** The latest keys of a service account. */
  async list(accountId: string, limit: number): Promise<ApiKey[]> {
    return queryRows<ApiKey>(
      this.dataSource,
      sql`/* api-keys.list */
        SELECT ${columns} FROM api_key WHERE service_account_id = ${accountId} ORDER BY id DESC LIMIT ${limit}`,
    );
  }

  /** Whether a service account has this key, active or not. */
  async exists(on: Queryable, accountId: string, keyId: string): Promise<boolean> {
    const row = await queryRow(
      on,
      sql`/* api-keys.exists */ SELECT FROM api_key WHERE id = ${keyId} AND service_account_id = ${accountId}`,
    );
    return row !== undefined;
  }

  /** @returns false if the service account has no such key */
  async delete(manager: EntityManager, accountId: string, keyId: string): Promise<boolean> {
    const deleted = await execute(
      manager,
      sql`/* api-keys.delete */ DELETE FROM api_key WHERE id = ${keyId} AND service_account_id = ${accountId}`,
    );
    return deleted > 0;
  }

  /** What the key of an access token may still do; undefined if it is no longer active. */
  async activeScopes({ keyId, serviceAccountId }: ClientPrincipal): Promise<string[] | undefined> {
    const row = await queryRow<{ scopes: string[] }>(
      this.dataSource,
      sql`/* api-keys.check */
        SELECT ${granted} AS scopes FROM api_key
        WHERE id = ${keyId} AND service_account_id = ${serviceAccountId} AND ${isActive}`,
    );
    return row?.scopes;
  }

  /**
   * Locks the key of an access token against its revocation, until the transaction ends; false if it is not active, or lacks one of the
   * scopes. The key may have ended after the transaction began.
   */
  async lockActive(manager: EntityManager, { keyId, serviceAccountId, scopes }: ClientPrincipal): Promise<boolean> {
    const row = await queryRow(
      manager,
      sql`/* api-keys.lock-active */
        SELECT FROM api_key
        WHERE id = ${keyId} AND service_account_id = ${serviceAccountId} AND ${granted} @> ${scopes}::text[]
          AND (expires_at IS NULL OR expires_at > clock_timestamp())
        FOR SHARE`,
    );
    return row !== undefined;
  }

  async findActive(accountId: string, prefix: string): Promise<ActiveApiKey | undefined> {
    return queryRow<ActiveApiKey>(
      this.dataSource,
      sql`/* api-keys.find-active */
        SELECT id, hash, ${granted} AS scopes, extract(epoch FROM expires_at - now())::float AS "secondsLeft" FROM api_key
        WHERE prefix = ${prefix} AND service_account_id = ${accountId} AND ${isActive}`,
    );
  }

  /** Stores the time of use, at most once a minute, however many uses are concurrent. */
  async touch(on: Queryable, keyId: string): Promise<void> {
    await execute(
      on,
      sql`/* api-keys.touch */
        UPDATE api_key SET last_used_at = now()
        WHERE id = ${keyId} AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')`,
    );
  }
}
