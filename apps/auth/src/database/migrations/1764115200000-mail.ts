import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One-time tokens, the outbox, and whether an e-mail address is verified. */
export class Mail1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ADD COLUMN email_verified_at timestamptz;

      CREATE TABLE one_time_token (
        hash bytea PRIMARY KEY,
        purpose text NOT NULL,
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        detail jsonb NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX one_time_token_account_id_idx ON one_time_token (account_id, purpose);
      CREATE INDEX one_time_token_expires_at_idx ON one_time_token (expires_at);

      CREATE TABLE mail (
        id uuid PRIMARY KEY,
        recipient text NOT NULL,
        template text NOT NULL,
        locale text NOT NULL,
        variables bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        sent_at timestamptz,
        failed_at timestamptz,
        last_error text
      );
      CREATE INDEX mail_due_idx ON mail (next_attempt_at) WHERE sent_at IS NULL AND failed_at IS NULL;
      CREATE INDEX mail_created_at_idx ON mail (created_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE mail, one_time_token;
      ALTER TABLE account DROP COLUMN email_verified_at;
    `);
  }
}
