import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How applications present themselves on the pages that their requests lead to. */
export class ApplicationBrand1764400400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE application ADD COLUMN brand_color text, ADD COLUMN terms_url text, ADD COLUMN privacy_url text;
      CREATE TABLE application_logo (
        application_id uuid PRIMARY KEY REFERENCES application ON DELETE CASCADE,
        logo text NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE application_logo;
      ALTER TABLE application DROP COLUMN brand_color, DROP COLUMN terms_url, DROP COLUMN privacy_url;
    `);
  }
}
