import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notifications are taken by application. The index that serves that replaces the other two. */
export class LogoutNotificationsByApplication1764400810000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX logout_notification_application_due_idx ON logout_notification (application_id, next_attempt_at);
      DROP INDEX logout_notification_application_idx, logout_notification_due_idx;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX logout_notification_application_idx ON logout_notification (application_id);
      CREATE INDEX logout_notification_due_idx ON logout_notification (next_attempt_at);
      DROP INDEX logout_notification_application_due_idx;
    `);
  }
}
