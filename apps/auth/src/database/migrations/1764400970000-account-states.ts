import { createIndexConcurrently, dropIndexConcurrently } from '#common';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the searches by state compare: each combination of role, state, verification and second factor is a number. */
const state = `(
  ('admin' = ANY (roles))::int * 8 + (disabled_at IS NOT NULL)::int * 4 + (email_verified_at IS NOT NULL)::int * 2 + second_factor::int
)`;

const replaced = {
  account_disabled_idx: 'disabled_at IS NOT NULL',
  account_verified_idx: 'email_verified_at IS NOT NULL',
  account_unverified_idx: 'email_verified_at IS NULL',
  account_second_factor_idx: 'second_factor',
  account_single_factor_idx: 'NOT second_factor',
};

/** Indexes that hold accounts of each combination of states in both orders, instead of one for each state in one order. */
export class AccountStates1764400970000 implements MigrationInterface {
  transaction = false;

  /** May run again after a failure. */
  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(runner, 'account_state_email_idx', `account (${state}, lower(email) COLLATE "C")`);
    await createIndexConcurrently(runner, 'account_state_created_at_idx', `account (${state}, created_at, id)`);
    // an empty table has nothing to count, and would be planned for as one that stays empty
    await runner.query('DO $$ BEGIN IF EXISTS (SELECT FROM account) THEN ANALYZE account; END IF; END $$');
    for (const name of Object.keys(replaced)) {
      await dropIndexConcurrently(runner, name);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, condition] of Object.entries(replaced)) {
      await createIndexConcurrently(runner, name, `account (lower(email) COLLATE "C") WHERE ${condition}`);
    }
    await dropIndexConcurrently(runner, 'account_state_created_at_idx');
    await dropIndexConcurrently(runner, 'account_state_email_idx');
  }
}
