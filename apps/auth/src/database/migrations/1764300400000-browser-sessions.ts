import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions that a browser holds by a cookie instead of by tokens. */
export class BrowserSessions1764300400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE session ADD COLUMN browser_hash bytea;
      CREATE UNIQUE INDEX session_browser_hash_idx ON session (browser_hash) WHERE browser_hash IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE session DROP COLUMN browser_hash;');
  }
}
