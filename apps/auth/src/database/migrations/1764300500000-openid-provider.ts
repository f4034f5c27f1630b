import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Applications, and what the OpenID provider stores about their authorizations. */
export class OpenIdProvider1764300500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE application (
        id uuid PRIMARY KEY,
        client_id text NOT NULL CONSTRAINT application_client_id_key UNIQUE,
        name text NOT NULL,
        logo_url text,
        kind text NOT NULL CHECK (kind IN ('web', 'single_page', 'native', 'machine')),
        first_party boolean NOT NULL,
        declared boolean NOT NULL,
        redirect_uris text[] NOT NULL,
        post_logout_redirect_uris text[] NOT NULL,
        origins text[] NOT NULL,
        backchannel_logout_uri text,
        resources text[] NOT NULL,
        scopes text[] NOT NULL,
        jwks jsonb,
        access_token_ttl_seconds int,
        refresh_token_ttl_seconds int,
        created_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE application_secret (
        id uuid PRIMARY KEY,
        application_id uuid NOT NULL REFERENCES application ON DELETE CASCADE,
        prefix text,
        hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        CONSTRAINT application_secret_key UNIQUE (application_id, hash)
      );

      CREATE TABLE openid_consent (
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        application_id uuid NOT NULL REFERENCES application ON DELETE CASCADE,
        permissions text[] NOT NULL,
        granted_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (account_id, application_id)
      );
      CREATE INDEX openid_consent_application_idx ON openid_consent (application_id);

      CREATE TABLE openid_grant (
        id uuid PRIMARY KEY,
        session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
        application_id uuid NOT NULL REFERENCES application ON DELETE CASCADE,
        -- that of the session, which the deletion of an account reaches first: the trigger below needs it afterwards
        account_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT openid_grant_session_application_key UNIQUE (session_id, application_id)
      );
      CREATE INDEX openid_grant_application_idx ON openid_grant (application_id, account_id);

      CREATE TABLE openid_refresh_token (
        id uuid PRIMARY KEY,
        grant_id uuid NOT NULL REFERENCES openid_grant ON DELETE CASCADE,
        token_hash bytea NOT NULL,
        previous_hash bytea,
        rotated_at timestamptz NOT NULL DEFAULT now(),
        -- not jsonb, which has no U+0000: what an application sends as nonce comes back unchanged
        payload json NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX openid_refresh_token_grant_idx ON openid_refresh_token (grant_id);
      CREATE INDEX openid_refresh_token_expires_at_idx ON openid_refresh_token (expires_at);

      CREATE TABLE openid_artifact (
        id_hash bytea PRIMARY KEY,
        payload bytea NOT NULL,
        grant_id uuid REFERENCES openid_grant ON DELETE CASCADE,
        user_code_hash bytea CONSTRAINT openid_artifact_user_code_key UNIQUE,
        consumed_at timestamptz,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX openid_artifact_grant_idx ON openid_artifact (grant_id) WHERE grant_id IS NOT NULL;
      CREATE INDEX openid_artifact_expires_at_idx ON openid_artifact (expires_at);

      CREATE TABLE logout_notification (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        application_id uuid NOT NULL REFERENCES application ON DELETE CASCADE,
        session_id uuid NOT NULL,
        account_id uuid NOT NULL,
        attempts int NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX logout_notification_application_idx ON logout_notification (application_id);
      CREATE INDEX logout_notification_due_idx ON logout_notification (next_attempt_at);

      -- whichever statement ends a session, its applications are told: a revoked grant of a living session is no logout
      CREATE FUNCTION queue_logout_notification() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO logout_notification (application_id, session_id, account_id)
        SELECT a.id, OLD.session_id, OLD.account_id FROM application a
        WHERE a.id = OLD.application_id AND a.backchannel_logout_uri IS NOT NULL
          AND NOT EXISTS (SELECT FROM session s WHERE s.id = OLD.session_id);
        RETURN NULL;
      END $$;
      CREATE TRIGGER queue_logout_notification AFTER DELETE ON openid_grant
        FOR EACH ROW EXECUTE FUNCTION queue_logout_notification();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE logout_notification, openid_artifact, openid_refresh_token, openid_grant, openid_consent,
        application_secret, application;
      DROP FUNCTION queue_logout_notification;
    `);
  }
}
