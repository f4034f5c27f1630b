import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Imports that admins run through the API: those without a source. Only one of them runs at a time. */
export class ImportRuns1764400940000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import_job
        ALTER COLUMN source DROP NOT NULL,
        ADD COLUMN started_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN dry_run boolean NOT NULL DEFAULT false,
        ADD COLUMN stopped boolean NOT NULL DEFAULT false,
        -- no reference: like an event of the audit trail, a run outlives the account and the session
        ADD COLUMN actor_id uuid,
        ADD COLUMN session_id uuid;
      CREATE UNIQUE INDEX import_job_running_key ON import_job ((source IS NULL))
        WHERE source IS NULL AND finished_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM import_job WHERE source IS NULL;
      DROP INDEX import_job_running_key;
      ALTER TABLE import_job
        DROP COLUMN session_id,
        DROP COLUMN actor_id,
        DROP COLUMN stopped,
        DROP COLUMN dry_run,
        DROP COLUMN started_at,
        ALTER COLUMN source SET NOT NULL;
    `);
  }
}
