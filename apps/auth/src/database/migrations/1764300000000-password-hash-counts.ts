import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `password_hash_count` counts the accounts with each kind of password hash: the sum of `accounts` over the rows of a dummy
 * hash. Triggers maintain it, because replicas of the previous version still write hashes during a rolling update. A change
 * only inserts rows, so that concurrent logins that replace their hashes never wait for each other; housekeeping merges them.
 * A dummy hash has the algorithm, the parameters and the length of the hashes that it stands for, and no part of them.
 * The previous version still reads and writes `imported_hash_kind`.
 */
export class PasswordHashCounts1764300000000 implements MigrationInterface {
  /** The lock that creates triggers must not last while all accounts are counted. */
  transaction = false;

  /** May run again after a failure. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS password_hash_count (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        dummy_hash text NOT NULL,
        accounts bigint NOT NULL
      );

      -- replaces salt and digest; null for a hash of another format than logins verify
      CREATE OR REPLACE FUNCTION dummy_hash_of(password_hash text) RETURNS text
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT CASE WHEN password_hash ~ '[$]2[aby][$][0-9]{2}[$][^$]*$'
          THEN regexp_replace(password_hash, '[^$]*$', '') || repeat('A', 53)
          ELSE substring(password_hash FROM '^(.*[$])[^$]*[$][^$]*$') || repeat('A', 22) || '$'
            || repeat('A', length(substring(password_hash FROM '[^$]*$')))
        END
      $$;

      CREATE OR REPLACE FUNCTION count_new_password_hashes() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO password_hash_count (dummy_hash, accounts)
        SELECT dummy_hash_of(password_hash), count(*) FROM new_account
        WHERE dummy_hash_of(password_hash) IS NOT NULL GROUP BY 1;
        RETURN NULL;
      END $$;
      CREATE OR REPLACE TRIGGER account_count_new_hashes AFTER INSERT ON account
        REFERENCING NEW TABLE AS new_account FOR EACH STATEMENT EXECUTE FUNCTION count_new_password_hashes();

      CREATE OR REPLACE FUNCTION count_changed_password_hash() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO password_hash_count (dummy_hash, accounts)
        SELECT dummy_hash, sum(accounts) FROM (VALUES
          (dummy_hash_of(OLD.password_hash), -1),
          (CASE WHEN TG_OP = 'UPDATE' THEN dummy_hash_of(NEW.password_hash) END, 1)) change (dummy_hash, accounts)
        WHERE dummy_hash IS NOT NULL GROUP BY dummy_hash HAVING sum(accounts) <> 0;
        RETURN NULL;
      END $$;
      CREATE OR REPLACE TRIGGER account_count_changed_hash AFTER UPDATE OF password_hash ON account FOR EACH ROW
        WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash) EXECUTE FUNCTION count_changed_password_hash();
      CREATE OR REPLACE TRIGGER account_count_removed_hash AFTER DELETE ON account FOR EACH ROW
        WHEN (OLD.password_hash IS NOT NULL) EXECUTE FUNCTION count_changed_password_hash();
    `);
    // one snapshot: it counts each account that it sees, and drops what the triggers have counted for those alone
    await runner.query(`
      WITH counted AS (DELETE FROM password_hash_count)
      INSERT INTO password_hash_count (dummy_hash, accounts)
      SELECT dummy_hash_of(password_hash), count(*) FROM account
      WHERE dummy_hash_of(password_hash) IS NOT NULL GROUP BY 1
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER account_count_new_hashes ON account;
      DROP TRIGGER account_count_changed_hash ON account;
      DROP TRIGGER account_count_removed_hash ON account;
      DROP FUNCTION count_new_password_hashes, count_changed_password_hash, dummy_hash_of;
      DROP TABLE password_hash_count;
    `);
  }
}
