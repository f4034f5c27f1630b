import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Identities that were unlinked from an account. A provider may give the account's own e-mail address at the next login: without this
 * memory that login would link the identity again.
 */
export class UnlinkedIdentities1764300100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE unlinked_identity (
        account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
        issuer text NOT NULL,
        subject text NOT NULL,
        unlinked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (account_id, issuer, subject)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE unlinked_identity');
  }
}
