import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the scopes of an application allow, in plain words. */
export class ScopeDescriptions1764400820000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE application ADD COLUMN scope_descriptions jsonb NOT NULL DEFAULT '{}'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE application DROP COLUMN scope_descriptions');
  }
}
