import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the limits of an account by the last part of their keys, which is its id or a hash of its e-mail address. */
export class AttemptOwner1764300000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX attempt_owner_idx ON attempt (split_part(key, ':', -1)) WHERE key NOT LIKE '%:address:%'
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX attempt_owner_idx');
  }
}
