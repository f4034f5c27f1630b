import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an artifact was stored first: whether a login came after the request that it answers is decided by the database's clock. */
export class TimeOfArtifacts1764400960000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE openid_artifact ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE openid_artifact DROP COLUMN created_at');
  }
}
