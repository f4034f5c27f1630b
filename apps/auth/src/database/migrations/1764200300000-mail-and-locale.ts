import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Mails belong to an account, and those with a link expire. An account has the language that its owner reads. */
export class MailAndLocale1764200300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ADD COLUMN locale text;
      ALTER TABLE mail
        ADD COLUMN account_id uuid REFERENCES account ON DELETE CASCADE,
        ADD COLUMN expires_at timestamptz;
      CREATE INDEX mail_account_id_idx ON mail (account_id);
      CREATE INDEX mail_recipient_idx ON mail (lower(recipient));
      CREATE INDEX mail_waiting_idx ON mail (created_at) WHERE sent_at IS NULL AND failed_at IS NULL;

      ${eraseAccount('')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${eraseAccount('AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)')}
      DROP INDEX mail_recipient_idx, mail_waiting_idx;
      ALTER TABLE mail DROP COLUMN account_id, DROP COLUMN expires_at;
      ALTER TABLE account DROP COLUMN locale;
    `);
  }
}

/** The trigger that removes what other tables tell about a deleted account, with a further condition on its mails. */
const eraseAccount = (condition: string) => `
  CREATE OR REPLACE FUNCTION erase_account() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO erased_account (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
    UPDATE audit_event e SET (address, user_agent, detail) = (
      SELECT w.address, w.user_agent, w.detail
      FROM without_personal_data(e, is_erased(coalesce(e.actor_id, e.subject_id)), is_erased(e.subject_id)) w)
    WHERE e.actor_id = OLD.id OR e.subject_id = OLD.id;
    DELETE FROM mail WHERE lower(recipient) = lower(OLD.email) ${condition};
    RETURN NULL;
  END $$;`;
