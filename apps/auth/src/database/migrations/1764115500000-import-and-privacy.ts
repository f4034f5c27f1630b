import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Imports, and an append-only audit trail from which only personal data and old events can be deleted. */
export class ImportAndPrivacy1764115500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE import_job (
        id uuid PRIMARY KEY,
        source bytea NOT NULL,
        bytes bigint NOT NULL DEFAULT 0,
        lines bigint NOT NULL DEFAULT 0,
        imported bigint NOT NULL DEFAULT 0,
        present bigint NOT NULL DEFAULT 0,
        refused bigint NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      );
      CREATE UNIQUE INDEX import_job_source_key ON import_job (source) WHERE finished_at IS NULL;

      CREATE TABLE import_refusal (
        job_id uuid NOT NULL REFERENCES import_job ON DELETE CASCADE,
        line bigint NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (job_id, line)
      );

      CREATE TABLE imported_hash_kind (
        kind text PRIMARY KEY,
        decoy text NOT NULL,
        accounts bigint NOT NULL
      );

      -- ids of accounts that were deleted, as long as the trail may name them
      CREATE TABLE erased_account (
        id uuid PRIMARY KEY,
        erased_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX erased_account_erased_at_idx ON erased_account (erased_at);

      CREATE FUNCTION is_erased(account_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM erased_account e WHERE e.id = $1)
          AND NOT EXISTS (SELECT FROM account a WHERE a.id = $1)
      $$;

      -- what an event may still tell: address and device of whoever acted only while that account is there, further facts
      -- on a deleted account only where they are ids, numbers or truth values
      CREATE FUNCTION without_personal_data(event audit_event, actor_erased boolean, subject_erased boolean)
      RETURNS audit_event LANGUAGE plpgsql STABLE AS $$
      BEGIN
        IF actor_erased THEN
          event.address := NULL;
          event.user_agent := NULL;
        END IF;
        IF subject_erased THEN
          event.detail := (
            SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(event.detail)
            WHERE value::text ~ '^(true|false|null|-?[0-9.]+|"[0-9a-f-]{36}"|\\[("[0-9a-f-]{36}"(, )?)*\\])$');
        END IF;
        RETURN event;
      END $$;

      CREATE FUNCTION keep_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          IF OLD.occurred_at < now() - interval '30 days' THEN
            RETURN OLD;
          END IF;
        ELSIF NEW IS NOT DISTINCT FROM without_personal_data(
          OLD, is_erased(coalesce(OLD.actor_id, OLD.subject_id)), is_erased(OLD.subject_id)) THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
      END $$;
      DROP TRIGGER audit_event_append_only ON audit_event;
      CREATE TRIGGER audit_event_append_only BEFORE TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event
        FOR EACH ROW EXECUTE FUNCTION keep_audit_event();

      -- whether an account is gone or going; while it is not, it can't go before this transaction ends
      CREATE FUNCTION is_going(account_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        -- SKIP LOCKED: whoever deletes the account never waits for one who waits for it
        PERFORM FROM account a WHERE a.id = $1 FOR KEY SHARE SKIP LOCKED;
        RETURN NOT FOUND AND (
          EXISTS (SELECT FROM erased_account e WHERE e.id = $1) OR EXISTS (SELECT FROM account a WHERE a.id = $1));
      END $$;
      CREATE FUNCTION admit_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        actor_going boolean := is_going(coalesce(NEW.actor_id, NEW.subject_id));
      BEGIN
        IF NEW.actor_id = NEW.subject_id AND NOT actor_going THEN
          RETURN NEW;
        END IF;
        RETURN without_personal_data(NEW, actor_going, is_going(NEW.subject_id));
      END $$;
      CREATE TRIGGER audit_event_admit BEFORE INSERT ON audit_event FOR EACH ROW
        WHEN (coalesce(NEW.actor_id, NEW.subject_id) IS NOT NULL
          AND (NEW.address IS NOT NULL OR NEW.user_agent IS NOT NULL OR NEW.detail <> '{}'))
        EXECUTE FUNCTION admit_audit_event();

      CREATE FUNCTION erase_account() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO erased_account (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
        UPDATE audit_event e SET (address, user_agent, detail) = (
          SELECT w.address, w.user_agent, w.detail
          FROM without_personal_data(e, is_erased(coalesce(e.actor_id, e.subject_id)), is_erased(e.subject_id)) w)
        WHERE e.actor_id = OLD.id OR e.subject_id = OLD.id;
        DELETE FROM mail WHERE lower(recipient) = lower(OLD.email) AND (sent_at IS NOT NULL OR failed_at IS NOT NULL);
        RETURN NULL;
      END $$;
      CREATE TRIGGER account_erase AFTER DELETE ON account FOR EACH ROW EXECUTE FUNCTION erase_account();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER account_erase ON account;
      DROP TRIGGER audit_event_admit ON audit_event;
      DROP TRIGGER audit_event_keep ON audit_event;
      DROP TRIGGER audit_event_append_only ON audit_event;
      CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      DROP FUNCTION erase_account, admit_audit_event, is_going, keep_audit_event, without_personal_data, is_erased;
      DROP TABLE erased_account, imported_hash_kind, import_refusal, import_job;
    `);
  }
}
