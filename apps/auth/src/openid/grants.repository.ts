import { execute, positionOf, positionValue, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Consent } from './consents.schema.ts';

/** What an application may have of one session. */
export interface StoredGrant {
  id: string;
  accountId: string;
  sessionId: string;
  clientId: string;
  /** The scopes that the owner has consented to; null without consent. */
  consented: string[] | null;
  /** Seconds since 1970. */
  createdAt: number;
}

/** The grant of an application in a session. */
export interface SessionGrant {
  id: string;
  /** Whether the application is the operator's. */
  firstParty: boolean;
}

/** What the owner of an account has consented to for one application. */
export interface ApplicationConsent {
  accountId: string;
  email: string;
  scopes: string[];
  grantedAt: Date;
  updatedAt: Date;
  /** Its place in the order of consents. */
  position: string;
}

/**
 * The tables `openid_grant`, which has one row for each application that a session is signed in to, and `openid_consent`, which
 * remembers what the owner of an account has agreed to beyond a session. They also read `application`, `session` and `account`: a grant is
 * given in one statement, and found in one, and so is a page of consents.
 */
@Injectable()
export class GrantsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The grant of an application in a session, which is made if there is none yet. It waits for a statement that ends the session, and for
   * one that withdraws the consent to an application of others.
   * @returns its id; undefined if the session has ended, or there is no consent any more
   */
  async give(on: Queryable, sessionId: string, applicationId: string, accountId: string): Promise<string | undefined> {
    const row = await queryRow<{ id: string }>(
      on,
      sql`/* openid-grants.give */
        WITH live AS (
          SELECT id, account_id FROM session
          WHERE id = ${sessionId} AND account_id = ${accountId} AND expires_at > now() FOR KEY SHARE
        ), consented AS (
          SELECT FROM openid_consent WHERE account_id = ${accountId} AND application_id = ${applicationId} FOR KEY SHARE
        )
        INSERT INTO openid_grant (id, session_id, application_id, account_id)
        SELECT ${uuidv7()}::uuid, live.id, a.id, live.account_id FROM live, application a
        WHERE a.id = ${applicationId} AND (a.first_party OR EXISTS (SELECT FROM consented))
        ON CONFLICT (session_id, application_id) DO UPDATE SET account_id = EXCLUDED.account_id
        RETURNING id`,
    );
    return row?.id;
  }

  find(id: string): Promise<StoredGrant | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* openid-grants.find */
        SELECT g.id, g.account_id AS "accountId", g.session_id AS "sessionId", a.client_id AS "clientId",
          c.permissions AS consented, floor(extract(epoch FROM g.created_at))::int AS "createdAt"
        FROM openid_grant g JOIN application a ON a.id = g.application_id
          LEFT JOIN openid_consent c ON c.account_id = g.account_id AND c.application_id = g.application_id
        WHERE g.id = ${id}`,
    );
  }

  /** The grant of an application in a session. */
  findOfSession(sessionId: string, clientId: string): Promise<SessionGrant | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* openid-grants.find-of-session */ SELECT g.id, a.first_party AS "firstParty"
        FROM openid_grant g JOIN application a ON a.id = g.application_id
        WHERE g.session_id = ${sessionId} AND a.client_id = ${clientId}`,
    );
  }

  /** Ends a grant with its codes and tokens, and returns the id of its account and application. */
  end(on: Queryable, id: string): Promise<{ accountId: string; applicationId: string } | undefined> {
    return queryRow(
      on,
      sql`/* openid-grants.end */ DELETE FROM openid_grant WHERE id = ${id}
        RETURNING account_id AS "accountId", application_id AS "applicationId"`,
    );
  }

  /** Ends all grants of an application to an account. */
  async endAll(on: Queryable, accountId: string, applicationId: string): Promise<void> {
    await execute(
      on,
      sql`/* openid-grants.end-all */
        DELETE FROM openid_grant WHERE application_id = ${applicationId} AND account_id = ${accountId}`,
    );
  }

  /**
   * Ends all grants of a session but that of one application. The session is locked first, as by a refresh, so that the two never
   * deadlock.
   */
  async endOfSession(on: Queryable, sessionId: string, exceptClientId: string | null): Promise<void> {
    await execute(
      on,
      sql`/* openid-grants.end-of-session */
        WITH held AS (SELECT id FROM session WHERE id = ${sessionId} FOR NO KEY UPDATE)
        DELETE FROM openid_grant g USING held, application a
        WHERE g.session_id = held.id AND a.id = g.application_id AND a.client_id IS DISTINCT FROM ${exceptClientId}`,
    );
  }

  /** The scopes that an account's owner has consented to for an application. */
  async findConsent(accountId: string, applicationId: string): Promise<string[] | undefined> {
    const row = await queryRow<{ permissions: string[] }>(
      this.dataSource,
      sql`/* openid-consents.find */
        SELECT permissions FROM openid_consent WHERE account_id = ${accountId} AND application_id = ${applicationId}`,
    );
    return row?.permissions;
  }

  /** Adds scopes to what the owner has consented to. */
  async consent(on: Queryable, accountId: string, applicationId: string, scopes: string[]): Promise<void> {
    await execute(
      on,
      sql`/* openid-consents.give */
        INSERT INTO openid_consent AS c (account_id, application_id, permissions)
        VALUES (${accountId}, ${applicationId}, ${[...scopes].sort()}::text[])
        ON CONFLICT (account_id, application_id) DO UPDATE
          SET permissions = ARRAY(SELECT DISTINCT unnest(c.permissions || EXCLUDED.permissions) ORDER BY 1), updated_at = now()
        RETURNING account_id`,
    );
  }

  /**
   * Forgets what the owner of an account has consented to for an application.
   * @returns the application's id; undefined if there is no such consent
   */
  async withdraw(on: Queryable, accountId: string, clientId: string): Promise<string | undefined> {
    const row = await queryRow<{ id: string }>(
      on,
      sql`/* openid-consents.withdraw */
        DELETE FROM openid_consent c USING application a
        WHERE a.client_id = ${clientId} AND c.application_id = a.id AND c.account_id = ${accountId}
        RETURNING a.id`,
    );
    return row?.id;
  }

  /** Forgets all that the owner of an account has consented to. */
  async withdrawAll(on: Queryable, accountId: string): Promise<void> {
    await execute(
      on,
      sql`/* openid-consents.withdraw-all */ DELETE FROM openid_consent WHERE account_id = ${accountId}`,
    );
  }

  /** What the owner of an account has consented to, as JSON objects. */
  async consentsOf(accountId: string): Promise<Consent[]> {
    const rows = await queryRows<{ row: Consent }>(
      this.dataSource,
      sql`/* openid-consents.personal-data */
        SELECT json_build_object('client_id', a.client_id, 'name', a.name, 'scopes', c.permissions,
          'scope_descriptions', a.scope_descriptions, 'granted_at', c.granted_at, 'updated_at', c.updated_at) AS row
        FROM openid_consent c JOIN application a ON a.id = c.application_id
        WHERE c.account_id = ${accountId} ORDER BY c.granted_at`,
    );
    return rows.map(({ row }) => row);
  }

  /**
   * A page of the consents to an application, the latest first.
   * @param after the position of the last consent of the previous page
   */
  consentsTo(applicationId: string, limit: number, after?: string): Promise<ApplicationConsent[]> {
    const following =
      after === undefined ? sql.raw('') : sql`AND (c.granted_at, c.account_id) < ${positionValue(after)}`;
    return queryRows(
      this.dataSource,
      sql`/* openid-consents.list */
        SELECT a.id AS "accountId", a.email, c.permissions AS scopes, c.granted_at AS "grantedAt", c.updated_at AS "updatedAt",
          ${positionOf('c.granted_at', 'c.account_id')} AS position
        FROM openid_consent c JOIN account a ON a.id = c.account_id
        WHERE c.application_id = ${applicationId} ${following}
        ORDER BY c.granted_at DESC, c.account_id DESC LIMIT ${limit}`,
    );
  }

  /** The applications that the sessions of an account are signed in to, as JSON objects. */
  async grantsOf(accountId: string): Promise<object[]> {
    const rows = await queryRows<{ row: object }>(
      this.dataSource,
      sql`/* openid-grants.personal-data */
        SELECT json_build_object('client_id', a.client_id, 'session_id', g.session_id, 'created_at', g.created_at) AS row
        FROM session s JOIN openid_grant g ON g.session_id = s.id JOIN application a ON a.id = g.application_id
        WHERE s.account_id = ${accountId} ORDER BY g.created_at`,
    );
    return rows.map(({ row }) => row);
  }
}
