import { execute, purge, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { SealedSecrets } from './webhook-endpoints.repository.ts';

export const deliveryStates = ['waiting', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A delivery as admins see it. */
export interface Delivery {
  id: string;
  event_type: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: Date | null;
  finished_at: Date | null;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
}

/** A delivery to attempt. */
export interface DueDelivery extends SealedSecrets {
  id: string;
  url: string;
  payload: string;
  /** The attempts so far, the current one included. */
  attempts: number;
  /** Whether the endpoint has refused everything lately. */
  isFailing: boolean;
}

/** What became of an attempt that did not succeed. */
export interface FailedAttempt {
  status: number | null;
  error: string;
}

/** Seconds until the next attempt. */
export interface NextAttempt {
  inSeconds: number;
  /** For so long, the receiver gets no other message either. */
  pausedSeconds: number;
}

/** Longer than an attempt can take: when another replica takes the delivery, the first one has finished or crashed. */
const leaseSeconds = 60;
const retentionDays = 30;
const deliveredRetentionDays = 7;
const maxErrorLength = 200;

const columns =
  sql.raw(`id, event_type, state, attempts, CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at,
  finished_at, last_status, last_error, created_at`);
/** Whether an endpoint has not asked to wait, as `e`. */
const isReady = sql.raw('(e.not_before IS NULL OR e.not_before <= now())');
const waitingAgain = sql.raw(
  "state = 'waiting', attempts = 0, next_attempt_at = now(), finished_at = NULL, last_status = NULL, last_error = NULL",
);

/** The table `webhook_delivery`: the outbox that a trigger of `audit_event` fills (see its migration). */
@Injectable()
export class WebhookDeliveriesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Queues a message to one endpoint. */
  async insert(on: Queryable, endpointId: string, eventType: string, payload: string): Promise<string> {
    const row = await queryRow<{ id: string }>(
      on,
      sql`/* webhook-deliveries.insert */
        INSERT INTO webhook_delivery (endpoint_id, event_type, payload) VALUES (${endpointId}, ${eventType}, ${payload})
        RETURNING id`,
    );
    return row?.id ?? '';
  }

  /**
   * The ids of enabled endpoints with deliveries that are due, in random order.
   * @param except ids of endpoints to leave out
   */
  async dueEndpoints(limit: number, except: string[]): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      this.dataSource,
      sql`/* webhook-deliveries.due-endpoints */
        SELECT e.id FROM webhook_endpoint e
        WHERE e.enabled AND ${isReady} AND e.id <> ALL (${except}::uuid[]) AND EXISTS (
          SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_attempt_at <= now())
        ORDER BY random() LIMIT ${limit}`,
    );
    return rows.map(({ id }) => id);
  }

  /** Takes deliveries of an enabled endpoint that are due, those that strangers cause in bulk last, in one atomic statement: each goes to one replica only. */
  take(endpointId: string, limit: number): Promise<DueDelivery[]> {
    return queryRows(
      this.dataSource,
      sql`/* webhook-deliveries.take */
        UPDATE webhook_delivery d
        SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${sql.raw(String(leaseSeconds))})
        FROM webhook_endpoint e
        WHERE e.id = d.endpoint_id AND e.enabled AND ${isReady} AND d.id IN (
          SELECT id FROM webhook_delivery
          WHERE endpoint_id = ${endpointId} AND state = 'waiting' AND next_attempt_at <= now()
          ORDER BY is_bulk, next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING d.id, d.endpoint_id AS "endpointId", e.url, d.payload, d.attempts, e.secret,
          CASE WHEN e.previous_secret_expires_at > now() THEN e.previous_secret END AS "previousSecret",
          e.failing_since IS NOT NULL AS "isFailing"`,
    );
  }

  async markDelivered({ id, attempts }: DueDelivery, status: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* webhook-deliveries.mark-delivered */
        UPDATE webhook_delivery SET state = 'delivered', finished_at = now(), last_status = ${status}, last_error = NULL
        WHERE id = ${id} AND state = 'waiting' AND attempts = ${attempts}`,
    );
  }

  /** Sets when the next attempt is due. */
  async postpone(message: DueDelivery, next: NextAttempt, { status, error }: FailedAttempt): Promise<void> {
    const { id, attempts, endpointId, url } = message;
    const { inSeconds, pausedSeconds } = next;
    await execute(
      this.dataSource,
      sql`/* webhook-deliveries.postpone */
        WITH paused AS (
          UPDATE webhook_endpoint SET not_before = greatest(not_before, now() + make_interval(secs => ${pausedSeconds}::float8))
          WHERE ${pausedSeconds}::float8 > 0 AND id = ${endpointId} AND url = ${url}
        )
        UPDATE webhook_delivery
        SET next_attempt_at = now() + make_interval(secs => ${inSeconds}::float8), last_status = ${status}::int,
          last_error = left(${error}, ${sql.raw(String(maxErrorLength))})
        WHERE id = ${id} AND state = 'waiting' AND attempts = ${attempts}`,
    );
  }

  /** Makes a delivery a dead letter. */
  async markFailed(on: Queryable, { id, attempts }: DueDelivery, { status, error }: FailedAttempt): Promise<void> {
    await execute(
      on,
      sql`/* webhook-deliveries.mark-failed */
        UPDATE webhook_delivery
        SET state = 'failed', finished_at = now(), last_status = ${status}::int,
          last_error = left(${error}, ${sql.raw(String(maxErrorLength))})
        WHERE id = ${id} AND state = 'waiting' AND attempts = ${attempts}`,
    );
  }

  async stateOf(on: Queryable, endpointId: string, id: string): Promise<DeliveryState | undefined> {
    const row = await queryRow<{ state: DeliveryState }>(
      on,
      sql`/* webhook-deliveries.state */
        SELECT state FROM webhook_delivery WHERE id = ${id} AND endpoint_id = ${endpointId}`,
    );
    return row?.state;
  }

  /**
   * One page of an endpoint's deliveries in a state, the oldest first.
   * @param after id of the last delivery of the previous page
   */
  list(endpointId: string, state: DeliveryState, limit: number, after?: string): Promise<Delivery[]> {
    const next =
      after === undefined
        ? sql.raw('')
        : sql`AND (created_at, id) > ((SELECT created_at FROM webhook_delivery WHERE id = ${after}::uuid), ${after}::uuid)`;
    return queryRows(
      this.dataSource,
      sql`/* webhook-deliveries.list */
        SELECT ${columns} FROM webhook_delivery WHERE endpoint_id = ${endpointId} AND state = ${state} ${next}
        ORDER BY created_at, id LIMIT ${limit}`,
    );
  }

  /** Makes a finished delivery due again, with all its attempts. */
  async replay(on: Queryable, endpointId: string, id: string): Promise<boolean> {
    const replayed = await execute(
      on,
      sql`/* webhook-deliveries.replay */
        UPDATE webhook_delivery SET ${waitingAgain}
        WHERE id = ${id} AND endpoint_id = ${endpointId} AND state <> 'waiting'`,
    );
    return replayed > 0;
  }

  /** Makes dead letters due again, the oldest first, and returns how many. */
  replayFailed(on: Queryable, endpointId: string, since: string, limit: number): Promise<number> {
    return execute(
      on,
      sql`/* webhook-deliveries.replay-failed */
        UPDATE webhook_delivery SET ${waitingAgain}
        WHERE id = ANY (ARRAY (
          SELECT id FROM webhook_delivery
          WHERE endpoint_id = ${endpointId} AND state = 'failed' AND created_at >= ${since}::timestamptz
          ORDER BY created_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED))`,
    );
  }

  /** Seconds since the oldest delivery was queued that waits for an enabled endpoint; 0 if there is none. */
  async oldestWaitingSeconds(): Promise<number> {
    const row = await queryRow<{ seconds: number | null }>(
      this.dataSource,
      sql`/* webhook-deliveries.oldest-waiting */
        SELECT extract(epoch FROM now() - min(oldest.created_at))::float8 AS seconds FROM webhook_endpoint e, LATERAL (
          SELECT d.created_at FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'waiting'
          ORDER BY d.created_at LIMIT 1) oldest
        WHERE e.enabled`,
    );
    return row?.seconds ?? 0;
  }

  /** Deletes deliveries of deleted endpoints. */
  purgeOrphans(on: Queryable, limit: number): Promise<number> {
    return execute(
      on,
      sql`/* webhook-deliveries.purge-orphans */
        DELETE FROM webhook_delivery WHERE id = ANY (ARRAY (
          SELECT d.id FROM webhook_endpoint e, LATERAL (
            SELECT id FROM webhook_delivery WHERE endpoint_id = e.id LIMIT ${limit} FOR UPDATE SKIP LOCKED) d
          WHERE e.deleted_at IS NOT NULL LIMIT ${limit}))`,
    );
  }

  /** Deletes deliveries that are delivered, and after a longer time all but those that were replayed lately. */
  async purge(on: Queryable, limit: number): Promise<number> {
    const key = 'id';
    const table = 'webhook_delivery';
    const delivered = sql`state = 'delivered' AND finished_at < now() - make_interval(days => ${sql.raw(String(deliveredRetentionDays))})`;
    const old = sql`created_at < now() - make_interval(days => ${sql.raw(String(retentionDays))})
      AND coalesce(finished_at, next_attempt_at) < now() - make_interval(days => ${sql.raw(String(deliveredRetentionDays))})`;
    const count = await purge(on, { table, key, expired: delivered, orderBy: 'finished_at' }, limit);
    return count + (await purge(on, { table, key, expired: old, orderBy: 'created_at' }, limit - count));
  }
}
