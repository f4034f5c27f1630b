import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Service accounts and their API keys. */
export class ServiceAccounts1764115410000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE service_account (
        id uuid PRIMARY KEY,
        name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
        scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX service_account_name_key ON service_account (lower(name));

      CREATE TABLE api_key (
        id uuid PRIMARY KEY,
        service_account_id uuid NOT NULL REFERENCES service_account ON DELETE CASCADE,
        prefix text NOT NULL UNIQUE,
        hash bytea NOT NULL,
        scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        rotated_at timestamptz,
        last_used_at timestamptz
      );
      CREATE INDEX api_key_service_account_id_idx ON api_key (service_account_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_key, service_account');
  }
}
