import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes for searches of accounts by a part of the e-mail address, by its domain, by verification and by date. The extension
 * `pg_trgm` is a trusted one: the owner of the database may create it.
 *
 * `account.other_credential` says whether the account has a passkey or an identity, so that one statement knows which admins can log in.
 * Triggers maintain the column, because replicas of the previous version run beside this one. They lock the account first: of two
 * concurrent removals the second one counts what the first one left.
 */
export class AccountDirectory1764300200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX account_email_trigram_idx ON account USING gin (lower(email) gin_trgm_ops);
      CREATE INDEX account_domain_idx
        ON account (lower(split_part(email, '@', 2)) COLLATE "C", lower(email) COLLATE "C");
      CREATE INDEX account_verified_idx ON account (lower(email) COLLATE "C") WHERE email_verified_at IS NOT NULL;
      CREATE INDEX account_unverified_idx ON account (lower(email) COLLATE "C") WHERE email_verified_at IS NULL;
      CREATE INDEX account_created_at_idx ON account (created_at, id);

      ALTER TABLE account ADD COLUMN other_credential boolean NOT NULL DEFAULT false;
      CREATE FUNCTION tell_other_credential() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE owner uuid := coalesce(NEW.account_id, OLD.account_id);
      BEGIN
        PERFORM FROM account WHERE id = owner FOR NO KEY UPDATE;
        UPDATE account SET other_credential = NOT other_credential
        WHERE id = owner AND other_credential <> (EXISTS (SELECT FROM passkey WHERE account_id = owner)
          OR EXISTS (SELECT FROM external_identity WHERE account_id = owner));
        RETURN NULL;
      END $$;
      CREATE TRIGGER passkey_other_credential AFTER INSERT OR DELETE ON passkey FOR EACH ROW
        EXECUTE FUNCTION tell_other_credential();
      CREATE TRIGGER identity_other_credential AFTER INSERT OR DELETE ON external_identity FOR EACH ROW
        EXECUTE FUNCTION tell_other_credential();
      UPDATE account SET other_credential = true
      WHERE id IN (SELECT account_id FROM passkey UNION SELECT account_id FROM external_identity);
    `);
  }

  /** Keeps the extension: something else in the database may use it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER identity_other_credential ON external_identity;
      DROP TRIGGER passkey_other_credential ON passkey;
      DROP FUNCTION tell_other_credential();
      ALTER TABLE account DROP COLUMN other_credential;
      DROP INDEX account_created_at_idx, account_unverified_idx, account_verified_idx, account_domain_idx,
        account_email_trigram_idx;
    `);
  }
}
