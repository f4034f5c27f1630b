import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Disabled and invited accounts, and indexes for searching accounts and audit events. */
export class Admin1764115400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE account ALTER COLUMN password_hash DROP NOT NULL;
      ALTER TABLE account ADD COLUMN disabled_at timestamptz;

      -- in byte order, which is that of prefixes in any locale
      CREATE INDEX account_email_order_idx ON account (lower(email) COLLATE "C");
      CREATE INDEX account_admin_idx ON account (lower(email) COLLATE "C") WHERE 'admin' = ANY (roles);
      CREATE INDEX account_disabled_idx ON account (lower(email) COLLATE "C") WHERE disabled_at IS NOT NULL;

      CREATE INDEX audit_event_order_idx ON audit_event (occurred_at, id);
      CREATE INDEX audit_event_type_idx ON audit_event (type, occurred_at, id);
      CREATE INDEX audit_event_actor_id_idx ON audit_event (actor_id, occurred_at, id);
      DROP INDEX audit_event_occurred_at_idx;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX audit_event_occurred_at_idx ON audit_event (occurred_at);
      DROP INDEX audit_event_actor_id_idx, audit_event_type_idx, audit_event_order_idx;
      DROP INDEX account_disabled_idx, account_admin_idx, account_email_order_idx;
      ALTER TABLE account DROP COLUMN disabled_at;
      ALTER TABLE account ALTER COLUMN password_hash SET NOT NULL;
    `);
  }
}
