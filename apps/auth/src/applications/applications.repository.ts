import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Application } from './application.ts';

/** An application to store. */
export interface NewApplication extends Application {
  /** Who made it; null for a declared one and for the command line. */
  createdBy: string | null;
}

/** The columns of an {@link Application}. */
export const applicationColumns =
  sql.raw(`id, client_id AS "clientId", name, logo_url AS "logoUrl", brand_color AS "brandColor",
  terms_url AS "termsUrl", privacy_url AS "privacyUrl", kind, first_party AS "firstParty", declared, registered,
  redirect_uris AS "redirectUris", post_logout_redirect_uris AS "postLogoutRedirectUris", origins,
  backchannel_logout_uri AS "backchannelLogoutUri", resources, audiences, scopes,
  scope_descriptions AS "scopeDescriptions", jwks, id_token_signed_response_alg AS "idTokenSignedResponseAlg",
  access_token_ttl_seconds AS "accessTokenTtlSeconds", refresh_token_ttl_seconds AS "refreshTokenTtlSeconds"`);

/** Arbitrary key of an advisory lock. */
const declarationLock = 7_305_643;
const registrationLock = 7_305_644;

/** The table `application`. */
@Injectable()
export class ApplicationsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  findByClientId(on: Queryable, clientId: string): Promise<Application | undefined> {
    return queryRow(
      on,
      sql`/* applications.find-by-client-id */ SELECT ${applicationColumns} FROM application WHERE client_id = ${clientId}`,
    );
  }

  find(on: Queryable, id: string): Promise<Application | undefined> {
    return queryRow(on, sql`/* applications.find */ SELECT ${applicationColumns} FROM application WHERE id = ${id}`);
  }

  /** Finds an application and locks it until the transaction ends; grants can be given meanwhile. */
  lock(manager: EntityManager, id: string): Promise<Application | undefined> {
    return queryRow(
      manager,
      sql`/* applications.lock */ SELECT ${applicationColumns} FROM application WHERE id = ${id} FOR NO KEY UPDATE`,
    );
  }

  /** Finds an application and locks it against changes until the transaction ends; others may do the same meanwhile. */
  lockShared(manager: EntityManager, id: string): Promise<Application | undefined> {
    return queryRow(
      manager,
      sql`/* applications.lock-shared */ SELECT ${applicationColumns} FROM application WHERE id = ${id} FOR SHARE`,
    );
  }

  /** Makes other replicas that apply declared applications wait until the transaction ends. */
  async lockDeclared(manager: EntityManager): Promise<void> {
    await queryRow(manager, sql`/* applications.lock-declared */ SELECT pg_advisory_xact_lock(${declarationLock})`);
  }

  listDeclared(manager: EntityManager): Promise<Application[]> {
    return queryRows(
      manager,
      sql`/* applications.list-declared */ SELECT ${applicationColumns} FROM application WHERE declared`,
    );
  }

  /** Counts all applications. Other registrations wait until the transaction ends, so that none of them exceeds a maximum. */
  async lockCount(manager: EntityManager): Promise<number> {
    await queryRow(manager, sql`/* applications.lock-count */ SELECT pg_advisory_xact_lock(${registrationLock})`);
    const row = await queryRow<{ count: number }>(
      manager,
      sql`/* applications.count */ SELECT count(*)::int AS count FROM application`,
    );
    return row?.count ?? 0;
  }

  list(limit: number): Promise<Application[]> {
    return queryRows(
      this.dataSource,
      sql`/* applications.list */ SELECT ${applicationColumns} FROM application ORDER BY id LIMIT ${limit}`,
    );
  }

  /** The origins of all applications, without duplicates, and whether one of the operator's has it; `limit` at most. */
  origins(limit: number): Promise<{ origin: string; firstParty: boolean }[]> {
    return queryRows(
      this.dataSource,
      sql`/* applications.origins */
        SELECT origin, bool_or(first_party) AS "firstParty" FROM application, unnest(origins) AS origin
        GROUP BY origin ORDER BY origin LIMIT ${limit}`,
    );
  }

  /** @throws QueryFailedError of the constraint `application_client_id_key` if another application has the client id */
  async insert(on: Queryable, application: NewApplication): Promise<void> {
    const a = application;
    await execute(
      on,
      sql`/* applications.insert */
        INSERT INTO application (id, client_id, name, logo_url, brand_color, terms_url, privacy_url, kind, first_party,
          declared, registered, redirect_uris, post_logout_redirect_uris, origins, backchannel_logout_uri, resources, audiences, scopes,
          scope_descriptions, jwks, id_token_signed_response_alg, access_token_ttl_seconds, refresh_token_ttl_seconds, created_by)
        VALUES (${a.id}, ${a.clientId}, ${a.name}, ${a.logoUrl}, ${a.brandColor}, ${a.termsUrl}, ${a.privacyUrl}, ${a.kind},
          ${a.firstParty}, ${a.declared}, ${a.registered},
          ${a.redirectUris}::text[], ${a.postLogoutRedirectUris}::text[], ${a.origins}::text[], ${a.backchannelLogoutUri},
          ${a.resources}::text[], ${a.audiences}::text[], ${a.scopes}::text[],
          ${json(a.scopeDescriptions)}::jsonb, ${json(a.jwks)}::jsonb, ${a.idTokenSignedResponseAlg},
          ${a.accessTokenTtlSeconds}, ${a.refreshTokenTtlSeconds}, ${a.createdBy})
        RETURNING id`,
    );
  }

  /** Replaces everything but the ids. */
  async update(on: Queryable, application: Application): Promise<void> {
    const a = application;
    await execute(
      on,
      sql`/* applications.update */
        UPDATE application SET name = ${a.name}, logo_url = ${a.logoUrl}, brand_color = ${a.brandColor},
          terms_url = ${a.termsUrl}, privacy_url = ${a.privacyUrl}, kind = ${a.kind}, first_party = ${a.firstParty},
          redirect_uris = ${a.redirectUris}::text[], post_logout_redirect_uris = ${a.postLogoutRedirectUris}::text[],
          origins = ${a.origins}::text[], backchannel_logout_uri = ${a.backchannelLogoutUri},
          resources = ${a.resources}::text[], audiences = ${a.audiences}::text[], scopes = ${a.scopes}::text[],
          scope_descriptions = ${json(a.scopeDescriptions)}::jsonb, jwks = ${json(a.jwks)}::jsonb, id_token_signed_response_alg = ${a.idTokenSignedResponseAlg},
          access_token_ttl_seconds = ${a.accessTokenTtlSeconds}, refresh_token_ttl_seconds = ${a.refreshTokenTtlSeconds},
          updated_at = now()
        WHERE id = ${a.id}`,
    );
  }

  /** Deletes an application with its secrets, grants, tokens and consents. */
  async delete(on: Queryable, id: string): Promise<boolean> {
    return (await execute(on, sql`/* applications.delete */ DELETE FROM application WHERE id = ${id}`)) > 0;
  }
}

const json = (value: object | null) => (value === null ? null : JSON.stringify(value));
