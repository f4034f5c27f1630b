import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when a replica has taken a mail to send it: an admin who sends it again must not send it twice. */
export class MailDelivery1764400920000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE mail ADD COLUMN taken_until timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE mail DROP COLUMN taken_until');
  }
}
