import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Admins list the consents to an application, the latest first. The index that serves that replaces the other one. */
export class ConsentsByApplication1764400950000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX openid_consent_application_granted_idx ON openid_consent (application_id, granted_at, account_id);
      DROP INDEX openid_consent_application_idx;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX openid_consent_application_idx ON openid_consent (application_id);
      DROP INDEX openid_consent_application_granted_idx;
    `);
  }
}
