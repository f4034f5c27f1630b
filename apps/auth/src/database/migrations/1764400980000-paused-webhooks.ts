import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when a webhook's receiver that has too much to do has asked to get nothing (RFC 9110 §10.2.3). */
export class PausedWebhooks1764400980000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_endpoint ADD COLUMN not_before timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE webhook_endpoint DROP COLUMN not_before');
  }
}
