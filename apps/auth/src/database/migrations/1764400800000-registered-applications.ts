import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `application.registered` tells applications that have registered themselves, which the audit trail has known so far. */
export class RegisteredApplications1764400800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE application ADD COLUMN registered boolean NOT NULL DEFAULT false;
      UPDATE application a SET registered = true
        WHERE NOT first_party AND NOT declared AND created_by IS NULL AND EXISTS (
          SELECT FROM audit_event e
          WHERE e.subject_id = a.id AND e.type = 'application.created' AND e.detail->>'by' = 'registration');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE application DROP COLUMN registered');
  }
}
