import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when receivers that have too much to do have asked to get nothing (RFC 9110 §10.2.3). */
export class PausedReceivers1764400980000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_endpoint ADD COLUMN not_before timestamptz');
    await runner.query('ALTER TABLE application ADD COLUMN logout_not_before timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE application DROP COLUMN logout_not_before');
    await runner.query('ALTER TABLE webhook_endpoint DROP COLUMN not_before');
  }
}
