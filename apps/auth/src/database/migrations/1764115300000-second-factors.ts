import type { MigrationInterface, QueryRunner } from 'typeorm';

/** TOTP, recovery codes, passkeys, and the authentication methods of a session. */
export class SecondFactors1764115300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE session
        ADD COLUMN amr text[] NOT NULL DEFAULT '{pwd}',
        ADD COLUMN authenticated_at timestamptz NOT NULL DEFAULT now();
      UPDATE session SET authenticated_at = created_at;

      CREATE TABLE totp (
        account_id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
        secret bytea NOT NULL,
        last_used_step bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        confirmed_at timestamptz
      );

      CREATE TABLE recovery_code (
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        hash bytea NOT NULL,
        PRIMARY KEY (account_id, hash)
      );

      CREATE TABLE passkey (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        credential_id bytea NOT NULL,
        public_key bytea NOT NULL,
        counter bigint NOT NULL,
        transports text[] NOT NULL,
        synced boolean NOT NULL,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        CONSTRAINT passkey_credential_id_key UNIQUE (credential_id)
      );
      CREATE INDEX passkey_account_id_idx ON passkey (account_id);

      -- those that have been used
      CREATE TABLE passkey_challenge (
        nonce bytea PRIMARY KEY,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX passkey_challenge_expires_at_idx ON passkey_challenge (expires_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE passkey_challenge, passkey, recovery_code, totp;
      ALTER TABLE session DROP COLUMN amr, DROP COLUMN authenticated_at;
    `);
  }
}
