import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `account.was_verified` says that the account had a verified e-mail address before its present one, which is not. A trigger maintains the
 * column, because replicas of the previous version run beside this one. It costs nothing where the e-mail address stays verified.
 */
export class WasVerified1764300600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ADD COLUMN was_verified boolean NOT NULL DEFAULT false;
      CREATE FUNCTION remember_verification() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.was_verified := true;
        RETURN NEW;
      END $$;
      CREATE TRIGGER account_was_verified BEFORE UPDATE OF email_verified_at ON account FOR EACH ROW
        WHEN (OLD.email_verified_at IS NOT NULL AND NEW.email_verified_at IS NULL)
        EXECUTE FUNCTION remember_verification();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER account_was_verified ON account;
      DROP FUNCTION remember_verification();
      ALTER TABLE account DROP COLUMN was_verified;
    `);
  }
}
