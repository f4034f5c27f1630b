import { execute, queryRow, queryRows, sql, type ClientPrincipal, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Application } from './application.ts';

/** A secret of an application, as admins may see it. */
export interface ApplicationSecret {
  id: string;
  /** The first characters of the secret; null for one of which only the hash was ever given. */
  prefix: string | null;
  created_at: Date;
  expires_at: Date | null;
  /** To the minute. */
  last_used_at: Date | null;
}

/** A secret to store. */
interface NewSecret {
  id: string;
  prefix: string | null;
  /** SHA-256 of the whole secret. */
  hash: Buffer;
}

/** What a machine application may do. */
type GrantedToProgram = Pick<Application, 'scopes' | 'resources' | 'firstParty'>;

const columns = sql.raw('id, prefix, created_at, expires_at, last_used_at');
const isActive = sql.raw('(expires_at IS NULL OR expires_at > now())');

/** The table `application_secret`. */
@Injectable()
export class ApplicationSecretsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Finds the active secret of an application by its hash, and notes its use at most once a minute. The index
   * `application_secret_key` serves it.
   * @returns its id
   */
  async use(applicationId: string, hash: Buffer): Promise<string | undefined> {
    const row = await queryRow<{ id: string }>(
      this.dataSource,
      sql`/* application-secrets.use */
        WITH found AS (
          SELECT id, last_used_at FROM application_secret
          WHERE application_id = ${applicationId} AND hash = ${hash} AND ${isActive}
        ), touched AS (
          UPDATE application_secret s SET last_used_at = now() FROM found
          WHERE s.id = found.id AND (found.last_used_at IS NULL OR found.last_used_at <= now() - interval '1 minute')
        )
        SELECT id FROM found`,
    );
    return row?.id;
  }

  /**
   * What the application of an access token may still do, if it can still authenticate by what the token was issued for: a secret, or
   * its keys, for which the application's own id stands.
   */
  async findGranted({ keyId, serviceAccountId: id }: ClientPrincipal): Promise<GrantedToProgram | undefined> {
    return queryRow<GrantedToProgram>(
      this.dataSource,
      sql`/* application-secrets.check */
        SELECT scopes, resources, first_party AS "firstParty" FROM application a
        WHERE a.id = ${id} AND kind = 'machine' AND CASE WHEN jwks IS NULL
          THEN EXISTS (SELECT FROM application_secret s WHERE s.id = ${keyId} AND s.application_id = a.id AND ${isActive})
          ELSE a.id = ${keyId} END`,
    );
  }

  /**
   * Locks a secret against its end, until the transaction ends; false if it is not active. The secret may have ended after the
   * transaction began.
   */
  async lockActive(manager: EntityManager, id: string, applicationId: string): Promise<boolean> {
    const row = await queryRow(
      manager,
      sql`/* application-secrets.lock-active */
        SELECT FROM application_secret
        WHERE id = ${id} AND application_id = ${applicationId} AND (expires_at IS NULL OR expires_at > clock_timestamp())
        FOR SHARE`,
    );
    return row !== undefined;
  }

  list(applicationId: string): Promise<ApplicationSecret[]> {
    return queryRows(
      this.dataSource,
      sql`/* application-secrets.list */
        SELECT ${columns} FROM application_secret WHERE application_id = ${applicationId} ORDER BY id`,
    );
  }

  /** Makes these the only secrets of an application of which no more than the hash is known; those made by the API stay. */
  async declare(on: Queryable, applicationId: string, hashes: Buffer[]): Promise<void> {
    await execute(
      on,
      sql`/* application-secrets.declare */
        WITH gone AS (
          DELETE FROM application_secret
          WHERE application_id = ${applicationId} AND prefix IS NULL AND hash <> ALL (${hashes}::bytea[])
        )
        INSERT INTO application_secret (id, application_id, hash)
        SELECT gen_random_uuid(), ${applicationId}, hash FROM unnest(${hashes}::bytea[]) AS hash
        ON CONFLICT (application_id, hash) DO NOTHING RETURNING id`,
    );
  }

  /**
   * Stores a secret. All older ones but the newest end at once, and the newest after the overlap: two are valid at most. The
   * caller has locked the application.
   */
  async rotate(on: Queryable, applicationId: string, secret: NewSecret, overlapSeconds: number): Promise<void> {
    const { id, prefix, hash } = secret;
    await execute(
      on,
      sql`/* application-secrets.rotate */
        WITH ranked AS (
          SELECT id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS age FROM application_secret
          WHERE application_id = ${applicationId} AND ${isActive}
        ), ending AS (
          UPDATE application_secret s
          SET expires_at = least(s.expires_at, now() + make_interval(secs => CASE WHEN age = 1 THEN ${overlapSeconds}::int ELSE 0 END))
          FROM ranked WHERE s.id = ranked.id
        )
        INSERT INTO application_secret (id, application_id, prefix, hash)
        VALUES (${id}, ${applicationId}, ${prefix}, ${hash}) RETURNING id`,
    );
  }
}
