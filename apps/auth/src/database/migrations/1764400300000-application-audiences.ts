import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audiences that an application serves as a resource server, whose access tokens it may introspect. */
export class ApplicationAudiences1764400300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE application ADD COLUMN audiences text[] NOT NULL DEFAULT '{}'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE application DROP COLUMN audiences');
  }
}
