import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `account.security_epoch` counts what ended everything that was under way for an account, such as a new password. Code that checks
 * a credential remembers the epoch, and the last statement of a login or a change requires that it is unchanged.
 * A new account starts with a random one, so that device cookies of a deleted account with the same e-mail address stay unknown.
 * `account.retired_password_hash` is the hash that a forced reset took away: the same password can't be set again.
 */
export class SecurityEpoch1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account
        ADD COLUMN security_epoch bigint NOT NULL DEFAULT 0,
        ADD COLUMN retired_password_hash text;
      -- a second statement: the rows that exist keep 0, and the table is not rewritten
      ALTER TABLE account ALTER COLUMN security_epoch SET DEFAULT floor(random() * 1e15)::bigint;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE account DROP COLUMN security_epoch, DROP COLUMN retired_password_hash');
  }
}
