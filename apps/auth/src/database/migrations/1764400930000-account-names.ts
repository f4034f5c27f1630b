import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for searches of accounts by the beginning of a name and by second factor. In byte order, which is that of prefixes. */
export class AccountNames1764400930000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX account_name_idx ON account (lower(name) COLLATE "C") WHERE name IS NOT NULL;
      CREATE INDEX account_family_name_idx ON account (lower(family_name) COLLATE "C") WHERE family_name IS NOT NULL;
      CREATE INDEX account_second_factor_idx ON account (lower(email) COLLATE "C") WHERE second_factor;
      CREATE INDEX account_single_factor_idx ON account (lower(email) COLLATE "C") WHERE NOT second_factor;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX account_single_factor_idx, account_second_factor_idx, account_family_name_idx, account_name_idx;
    `);
  }
}
