import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the searches by state compare: each combination of role, state, verification and second factor is a number. */
const state = `(
  ('admin' = ANY (roles))::int * 8 + (disabled_at IS NOT NULL)::int * 4 + (email_verified_at IS NOT NULL)::int * 2 + second_factor::int
)`;

/** Indexes that hold accounts of each combination of states in both orders, instead of one for each state in one order. */
export class AccountStates1764400970000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX account_state_email_idx ON account (${state}, lower(email) COLLATE "C");
      CREATE INDEX account_state_created_at_idx ON account (${state}, created_at, id);
      DROP INDEX account_disabled_idx, account_verified_idx, account_unverified_idx, account_second_factor_idx,
        account_single_factor_idx;
      -- an empty table has nothing to count, and would be planned for as one that stays empty
      DO $$ BEGIN IF EXISTS (SELECT FROM account) THEN ANALYZE account; END IF; END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX account_disabled_idx ON account (lower(email) COLLATE "C") WHERE disabled_at IS NOT NULL;
      CREATE INDEX account_verified_idx ON account (lower(email) COLLATE "C") WHERE email_verified_at IS NOT NULL;
      CREATE INDEX account_unverified_idx ON account (lower(email) COLLATE "C") WHERE email_verified_at IS NULL;
      CREATE INDEX account_second_factor_idx ON account (lower(email) COLLATE "C") WHERE second_factor;
      CREATE INDEX account_single_factor_idx ON account (lower(email) COLLATE "C") WHERE NOT second_factor;
      DROP INDEX account_state_created_at_idx, account_state_email_idx;
    `);
  }
}
