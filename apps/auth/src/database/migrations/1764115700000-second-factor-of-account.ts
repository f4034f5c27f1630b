import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `account.second_factor` says whether the account has a confirmed authenticator app. A login reads no other table, and a login
 * that waits for a concurrent enrolment sees its result. Triggers maintain the column, because replicas of the previous version
 * still enrol apps during a rolling update.
 */
export class SecondFactorOfAccount1764115700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ADD COLUMN second_factor boolean NOT NULL DEFAULT false;

      CREATE FUNCTION tell_second_factor() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE account SET second_factor = TG_OP <> 'DELETE' AND NEW.confirmed_at IS NOT NULL
        WHERE id = coalesce(NEW.account_id, OLD.account_id);
        RETURN NULL;
      END $$;
      CREATE TRIGGER second_factor_added AFTER INSERT ON totp FOR EACH ROW
        WHEN (NEW.confirmed_at IS NOT NULL) EXECUTE FUNCTION tell_second_factor();
      CREATE TRIGGER second_factor_changed AFTER UPDATE ON totp FOR EACH ROW
        WHEN (NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at) EXECUTE FUNCTION tell_second_factor();
      CREATE TRIGGER second_factor_removed AFTER DELETE ON totp FOR EACH ROW
        WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION tell_second_factor();

      UPDATE account SET second_factor = true FROM totp WHERE account_id = id AND confirmed_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER second_factor_added ON totp;
      DROP TRIGGER second_factor_changed ON totp;
      DROP TRIGGER second_factor_removed ON totp;
      DROP FUNCTION tell_second_factor();
      ALTER TABLE account DROP COLUMN second_factor;
    `);
  }
}
