import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts of logins, registrations and rejected attempts by minute, hour and day, and indexes for lists of mails. */
export class ActivityCounts1764400910000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE activity_count (
        step text NOT NULL,
        bucket timestamptz NOT NULL,
        kind text NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (step, bucket, kind)
      );

      CREATE INDEX mail_failed_idx ON mail (created_at, id) WHERE failed_at IS NOT NULL;
      CREATE INDEX mail_sent_idx ON mail (created_at, id) WHERE sent_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX mail_sent_idx, mail_failed_idx;
      DROP TABLE activity_count;
    `);
  }
}
