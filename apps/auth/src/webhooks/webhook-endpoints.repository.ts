import { execute, queryRow, queryRows, sql, type Queryable, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Keyring, reencryptColumn } from '../keyring/index.ts';

/** Why an endpoint gets nothing: an admin wants that, it has refused everything for days, or it has said that it is gone. */
export type DisabledReason = 'admin' | 'failing' | 'gone';

/** What admins choose of an endpoint. */
export interface EndpointSettings {
  url: string;
  description: string;
  event_types: string[];
  enabled: boolean;
}

/** A subscriber of events, as admins see it. */
export interface Endpoint extends EndpointSettings {
  id: string;
  disabled_reason: DisabledReason | null;
  /** When it began to refuse everything; null after a success. */
  failing_since: Date | null;
  /** Messages that were given up, {@link maxDeadLetters} at most. */
  dead_letters: number;
  /** Until when messages are also signed with the previous secret. */
  previous_secret_expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** The encrypted secrets that a message is signed with. */
export interface SealedSecrets {
  endpointId: string;
  secret: Buffer;
  /** Only during a rotation. */
  previousSecret: Buffer | null;
}

/** An endpoint as its receiver was called: a late result must not count for another URL. */
export interface CalledEndpoint {
  endpointId: string;
  url: string;
}

/** Arbitrary key of an advisory lock. */
const countLock = 7_305_645;
/** Longer than a transaction that may still write deliveries to the endpoint. */
const deletedHours = 1;

/** Bounds what a list of all endpoints reads. */
export const maxDeadLetters = 100;

const columns = sql.raw(`id, url, description, event_types, enabled, disabled_reason, failing_since,
  (SELECT count(*)::int FROM (
    SELECT FROM webhook_delivery d WHERE d.endpoint_id = webhook_endpoint.id AND d.state = 'failed' LIMIT ${String(maxDeadLetters)}) AS dead
  ) AS dead_letters,
  CASE WHEN previous_secret_expires_at > now() THEN previous_secret_expires_at END AS previous_secret_expires_at,
  created_at, updated_at`);
const exists = sql.raw('deleted_at IS NULL');
const contextOf = (id: string) => `webhook_endpoint ${id}`;

/**
 * The table `webhook_endpoint`. Secrets are encrypted at rest. A deleted endpoint stays as an empty row until its deliveries are deleted,
 * which are many and refer to it without a foreign key.
 */
@Injectable()
export class WebhookEndpointsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /** Counts the endpoints. Other creations wait until the transaction ends, so that none of them exceeds a maximum. */
  async lockCount(manager: EntityManager): Promise<number> {
    await queryRow(manager, sql`/* webhook-endpoints.lock-count */ SELECT pg_advisory_xact_lock(${countLock})`);
    const row = await queryRow<{ count: number }>(
      manager,
      sql`/* webhook-endpoints.count */ SELECT count(*)::int AS count FROM webhook_endpoint WHERE ${exists}`,
    );
    return row?.count ?? 0;
  }

  async insert(
    on: Queryable,
    { id, secret, createdBy, ...settings }: EndpointSettings & { id: string; secret: Buffer; createdBy: string },
  ): Promise<void> {
    const { url, description, event_types, enabled } = settings;
    await execute(
      on,
      sql`/* webhook-endpoints.insert */
        INSERT INTO webhook_endpoint (id, url, description, event_types, enabled, disabled_reason, secret, created_by)
        VALUES (${id}, ${url}, ${description}, ${event_types}::text[], ${enabled}, ${enabled ? null : 'admin'},
          ${this.keyring.encrypt(secret, contextOf(id))}, ${createdBy})
        RETURNING id`,
    );
  }

  find(on: Queryable, id: string): Promise<Endpoint | undefined> {
    return queryRow(
      on,
      sql`/* webhook-endpoints.find */ SELECT ${columns} FROM webhook_endpoint WHERE id = ${id} AND ${exists}`,
    );
  }

  list(limit: number): Promise<Endpoint[]> {
    return queryRows(
      this.dataSource,
      sql`/* webhook-endpoints.list */
        SELECT ${columns} FROM webhook_endpoint WHERE ${exists} ORDER BY id LIMIT ${limit}`,
    );
  }

  /** Replaces what admins choose. An endpoint at another URL, or one that is enabled again, begins without failures. */
  async update(on: Queryable, id: string, settings: EndpointSettings): Promise<boolean> {
    const { url, description, event_types, enabled } = settings;
    return this.change(
      on,
      sql`/* webhook-endpoints.update */
        UPDATE webhook_endpoint SET url = ${url}, description = ${description}, event_types = ${event_types}::text[],
          enabled = ${enabled},
          disabled_reason = CASE WHEN NOT ${enabled} THEN coalesce(disabled_reason, 'admin') END,
          failing_since = CASE WHEN url = ${url} AND enabled = ${enabled} THEN failing_since END,
          not_before = CASE WHEN url = ${url} AND enabled = ${enabled} THEN not_before END,
          updated_at = now()
        WHERE id = ${id} AND ${exists}`,
    );
  }

  /**
   * Replaces the secret. The replaced one stays valid for a time, an older one ends: two are valid at most.
   * @param overlapSeconds how long; 0 ends it at once
   */
  async rotateSecret(on: Queryable, id: string, secret: Buffer, overlapSeconds: number): Promise<boolean> {
    return this.change(
      on,
      sql`/* webhook-endpoints.rotate-secret */
        UPDATE webhook_endpoint SET secret = ${this.keyring.encrypt(secret, contextOf(id))},
          previous_secret = CASE WHEN ${overlapSeconds}::int > 0 THEN secret END,
          previous_secret_expires_at = CASE WHEN ${overlapSeconds}::int > 0 THEN now() + make_interval(secs => ${overlapSeconds}::int) END,
          updated_at = now()
        WHERE id = ${id} AND ${exists}`,
    );
  }

  /**
   * Disables an endpoint, unless it has got another URL since its receiver was called.
   * @returns whether it was enabled
   */
  async disable(on: Queryable, { endpointId: id, url }: CalledEndpoint, reason: DisabledReason): Promise<boolean> {
    return this.change(
      on,
      sql`/* webhook-endpoints.disable */
        UPDATE webhook_endpoint SET enabled = false, disabled_reason = ${reason}, updated_at = now()
        WHERE id = ${id} AND url = ${url} AND enabled`,
    );
  }

  /** Disables an endpoint that has refused everything for so long. */
  async disableFailing(on: Queryable, { endpointId: id, url }: CalledEndpoint, seconds: number): Promise<boolean> {
    return this.change(
      on,
      sql`/* webhook-endpoints.disable-failing */
        UPDATE webhook_endpoint SET enabled = false, disabled_reason = 'failing', updated_at = now()
        WHERE id = ${id} AND url = ${url} AND enabled AND failing_since < now() - make_interval(secs => ${seconds}::int)`,
    );
  }

  /** Notes whether an endpoint accepts messages. Writes only when that changes, because each login reads the row. */
  async noteResult({ endpointId: id, url }: CalledEndpoint, accepted: boolean): Promise<void> {
    await execute(
      this.dataSource,
      accepted
        ? sql`/* webhook-endpoints.accepting */
            UPDATE webhook_endpoint SET failing_since = NULL WHERE id = ${id} AND url = ${url} AND failing_since IS NOT NULL`
        : sql`/* webhook-endpoints.failing */
            UPDATE webhook_endpoint SET failing_since = now() WHERE id = ${id} AND url = ${url} AND failing_since IS NULL`,
    );
  }

  /** Deletes an endpoint with its secrets. What is left goes after its deliveries. */
  async delete(on: Queryable, id: string): Promise<boolean> {
    return this.change(
      on,
      sql`/* webhook-endpoints.delete */
        UPDATE webhook_endpoint SET url = '', description = '', enabled = false, secret = NULL, previous_secret = NULL,
          previous_secret_expires_at = NULL, deleted_at = now()
        WHERE id = ${id} AND ${exists}`,
    );
  }

  /**
   * Decrypts secrets, the current one first.
   * @throws UndecryptableError if no key of the ring decrypts one
   */
  open({ endpointId, secret, previousSecret }: SealedSecrets): Buffer[] {
    return [secret, ...(previousSecret ? [previousSecret] : [])].map((sealed) =>
      this.keyring.decrypt(sealed, contextOf(endpointId)),
    );
  }

  /** Deletes previous secrets that have ended. */
  async forgetEndedSecrets(on: Queryable): Promise<void> {
    await execute(
      on,
      sql`/* webhook-endpoints.forget-ended-secrets */
        UPDATE webhook_endpoint SET previous_secret = NULL, previous_secret_expires_at = NULL
        WHERE previous_secret_expires_at <= now()`,
    );
  }

  purgeDeleted(on: Queryable, limit: number): Promise<number> {
    return execute(
      on,
      sql`/* webhook-endpoints.purge */
        DELETE FROM webhook_endpoint WHERE id = ANY (ARRAY (
          SELECT e.id FROM webhook_endpoint e
          WHERE e.deleted_at < now() - make_interval(hours => ${sql.raw(String(deletedHours))})
            AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id)
          LIMIT ${limit} FOR UPDATE SKIP LOCKED))`,
    );
  }

  /** Encrypts secrets again that the first key of the ring does not decrypt, and returns how many. */
  async reencrypt(): Promise<number> {
    let count = 0;
    // in this order: a rotation in the meantime makes a current secret the previous one
    for (const column of ['secret', 'previous_secret']) {
      count += await reencryptColumn(this.dataSource, this.keyring, {
        table: 'webhook_endpoint',
        key: 'id',
        column,
        contextOf,
      });
    }
    return count;
  }

  private async change(on: Queryable, statement: Sql): Promise<boolean> {
    return (await execute(on, statement)) > 0;
  }
}
