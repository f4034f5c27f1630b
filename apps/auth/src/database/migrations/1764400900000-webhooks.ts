import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Webhooks: who gets which events, and the outbox of their deliveries. A trigger fills the outbox in the transaction of the audit event,
 * whichever statement records it, so that no statement and no round trip is added to a login.
 */
export class Webhooks1764400900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoint (
        id uuid PRIMARY KEY,
        url text NOT NULL,
        description text NOT NULL,
        event_types text[] NOT NULL,
        enabled boolean NOT NULL,
        disabled_reason text CHECK (disabled_reason IN ('admin', 'failing', 'gone')),
        failing_since timestamptz,
        secret bytea,
        previous_secret bytea,
        previous_secret_expires_at timestamptz,
        created_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CHECK (CASE WHEN deleted_at IS NULL THEN secret IS NOT NULL ELSE secret IS NULL AND NOT enabled END)
      );
      CREATE INDEX webhook_endpoint_deleted_at_idx ON webhook_endpoint (deleted_at) WHERE deleted_at IS NOT NULL;

      -- no foreign key to the endpoint: each login would lock the endpoint's row, and one that comes as it is deleted would fail
      CREATE TABLE webhook_delivery (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        endpoint_id uuid NOT NULL,
        event_type text NOT NULL,
        -- strangers cause these: they must not delay the others
        is_bulk boolean NOT NULL GENERATED ALWAYS AS (event_type IN ('login.failed', 'mfa.failed')) STORED,
        payload text NOT NULL CHECK (octet_length(payload) <= 20480),
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
        attempts int NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        last_status int,
        last_error text,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (endpoint_id, is_bulk, next_attempt_at) WHERE state = 'waiting';
      CREATE INDEX webhook_delivery_endpoint_idx ON webhook_delivery (endpoint_id, state, created_at, id);
      CREATE INDEX webhook_delivery_created_at_idx ON webhook_delivery (created_at);
      CREATE INDEX webhook_delivery_delivered_idx ON webhook_delivery (finished_at) WHERE state = 'delivered';

      -- the IP address and the device are not sent; facts that are too long are left out, because the event must be recorded anyway
      CREATE FUNCTION webhook_payload(event audit_event) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT json_build_object(
          'type', event.type,
          'timestamp', to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'data', json_build_object('event_id', event.id, 'actor_id', event.actor_id, 'subject_id', event.subject_id,
            'detail', CASE WHEN octet_length(event.detail::text) <= 16384 THEN event.detail ELSE '{"truncated": true}' END))::text
      $$;
      CREATE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO webhook_delivery (endpoint_id, event_type, payload)
        SELECT e.id, n.type, webhook_payload(n) FROM recorded n JOIN webhook_endpoint e ON n.type = ANY (e.event_types)
        WHERE e.enabled;
        RETURN NULL;
      END $$;
      CREATE TRIGGER audit_event_queue_webhooks AFTER INSERT ON audit_event REFERENCING NEW TABLE AS recorded
        FOR EACH STATEMENT EXECUTE FUNCTION queue_webhooks();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER audit_event_queue_webhooks ON audit_event;
      DROP FUNCTION queue_webhooks, webhook_payload;
      DROP TABLE webhook_delivery, webhook_endpoint;
    `);
  }
}
