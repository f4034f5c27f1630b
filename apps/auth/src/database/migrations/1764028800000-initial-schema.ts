import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts, sessions, signing keys, rate limits and the audit trail. */
export class InitialSchema1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE account (
        id uuid PRIMARY KEY,
        email text NOT NULL CHECK (email ~ '^[\\x21-\\x7e]{3,254}$'),
        password_hash text NOT NULL,
        roles text[] NOT NULL CHECK (roles <@ ARRAY['user', 'admin'] AND cardinality(roles) > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        password_changed_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX account_email_key ON account (lower(email));

      CREATE TABLE session (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        token_hash bytea NOT NULL,
        previous_hash bytea,
        rotated_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        address inet NOT NULL,
        user_agent text
      );
      CREATE INDEX session_account_id_last_used_at_idx ON session (account_id, last_used_at DESC);
      CREATE INDEX session_expires_at_idx ON session (expires_at);

      CREATE TABLE signing_key (
        kid text PRIMARY KEY,
        generation integer NOT NULL UNIQUE,
        public_jwk jsonb NOT NULL,
        private_key bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        active_from timestamptz NOT NULL
      );

      -- counters that a crash may forget: not worth writing to the log
      CREATE UNLOGGED TABLE attempt (
        key text PRIMARY KEY,
        failures integer NOT NULL,
        blocked_until timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      );
      CREATE INDEX attempt_updated_at_idx ON attempt (updated_at);

      CREATE TABLE audit_event (
        id uuid PRIMARY KEY,
        occurred_at timestamptz NOT NULL DEFAULT now(),
        type text NOT NULL,
        actor_id uuid,
        subject_id uuid,
        address inet,
        user_agent text,
        request_id text,
        detail jsonb NOT NULL DEFAULT '{}'
      );
      CREATE INDEX audit_event_subject_id_occurred_at_idx ON audit_event (subject_id, occurred_at);
      CREATE INDEX audit_event_occurred_at_idx ON audit_event (occurred_at);

      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
      END $$;
      CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_event, attempt, signing_key, session, account;
      DROP FUNCTION refuse_change;
    `);
  }
}
