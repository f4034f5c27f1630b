import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What accounts say about their owners. Metadata is `json` and not `jsonb`, which writes numbers out: 4 KiB could become 200 KiB.
 * The default of `profile_changed_at` serves the previous version, which inserts accounts too; it rewrites no table.
 */
export class Profile1764400200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account
        ADD COLUMN name text,
        ADD COLUMN given_name text,
        ADD COLUMN family_name text,
        ADD COLUMN picture text,
        ADD COLUMN zoneinfo text,
        ADD COLUMN public_metadata json NOT NULL DEFAULT '{}',
        ADD COLUMN private_metadata json NOT NULL DEFAULT '{}',
        ADD COLUMN profile_changed_at timestamptz NOT NULL DEFAULT now();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account
        DROP COLUMN name, DROP COLUMN given_name, DROP COLUMN family_name, DROP COLUMN picture, DROP COLUMN zoneinfo,
        DROP COLUMN public_metadata, DROP COLUMN private_metadata, DROP COLUMN profile_changed_at;
    `);
  }
}
