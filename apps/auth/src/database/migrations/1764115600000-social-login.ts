import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Identities at OpenID providers, pending logins there, and accounts without a password. */
export class SocialLogin1764115600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ALTER COLUMN password_hash DROP NOT NULL;

      CREATE TABLE external_identity (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        provider text NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        email text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT external_identity_issuer_subject_key UNIQUE (issuer, subject)
      );
      CREATE INDEX external_identity_account_id_idx ON external_identity (account_id);

      CREATE TABLE social_flow (
        state_hash bytea PRIMARY KEY,
        provider text NOT NULL,
        account_id uuid REFERENCES account ON DELETE CASCADE,
        redirect_uri text NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX social_flow_account_id_idx ON social_flow (account_id);
      CREATE INDEX social_flow_expires_at_idx ON social_flow (expires_at);
    `);
  }

  /** `password_hash` stays nullable, because accounts without a password may exist. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE social_flow, external_identity');
  }
}
