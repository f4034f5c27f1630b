import {
  type BoundedCount,
  countBounded,
  execute,
  positionOf,
  positionValue,
  purge,
  queryRow,
  queryRows,
  sql,
  type Queryable,
  type Sql,
} from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Keyring, reencryptColumn } from '../../keyring/index.ts';
import { consuming, type ConsumedLimits } from '../../rate-limits/index.ts';
import type { Locale, MailTemplate } from '../../texts/index.ts';
import type { MailVariables } from './render-mail.ts';

/** What is really sent instead of a stored mail, and to whom; what is stored about an account must not tell. */
export interface SentInstead {
  /** The recipient's e-mail address. */
  to: string;
  template: MailTemplate;
  locale: Locale;
}

/** A mail to store. */
export interface NewMail {
  id: string;
  /** The account whose deletion also deletes the mail; null if the mail reports that deletion. */
  accountId: string | null;
  /** The recipient's e-mail address. */
  recipient: string;
  template: MailTemplate;
  locale: Locale;
  variables: MailVariables;
  /** Stored encrypted, as the variables are, which are then those of this mail. */
  instead?: SentInstead;
  /** Seconds after which it is useless, because its link has expired; undefined for a mail without a link. */
  ttlSeconds?: number;
}

/** A stored mail. */
export interface StoredMail extends Omit<NewMail, 'ttlSeconds'> {
  /** Attempts to send it, the current one included. */
  attempts: number;
  /** Whether its link has expired. */
  expired: boolean;
}

/** A stored mail whose variables are still encrypted. */
export type SealedMail = Omit<StoredMail, 'variables' | 'instead'> & { variables: Buffer };

/** A mail as admins see it: without its variables, which may contain a token. */
export interface ListedMail extends Pick<
  StoredMail,
  'id' | 'accountId' | 'recipient' | 'template' | 'locale' | 'attempts'
> {
  lastError: string | null;
  createdAt: Date;
  nextAttemptAt: Date;
  sentAt: Date | null;
  failedAt: Date | null;
  expiresAt: Date | null;
  /** Its place in the order of creation. */
  position: string;
}

/** The account whose mails are meant. */
export interface MailOwner {
  id: string;
  email: string;
}

/** Longer than an attempt can take: when another replica takes the mail, the first one has finished or crashed. */
const leaseSeconds = 120;
const leaseEnd = sql.raw(`now() + make_interval(secs => ${String(leaseSeconds)})`);
const retentionDays = 30;

/** What has become of a mail. An index serves each. */
export type MailState = 'waiting' | 'failed' | 'sent';
const states: Record<MailState, Sql> = {
  waiting: sql.raw('sent_at IS NULL AND failed_at IS NULL'),
  failed: sql.raw('failed_at IS NOT NULL'),
  sent: sql.raw('sent_at IS NOT NULL'),
};

const columns = sql.raw(
  'id, account_id AS "accountId", recipient, template, locale, variables, attempts, coalesce(expires_at <= now(), false) AS expired',
);
const listedColumns = sql`id, account_id AS "accountId", recipient, template, locale, attempts, last_error AS "lastError",
  created_at AS "createdAt", next_attempt_at AS "nextAttemptAt", sent_at AS "sentAt", failed_at AS "failedAt",
  expires_at AS "expiresAt", ${positionOf('created_at', 'id')} AS position`;
const contextOf = (id: string) => `mail ${id}`;

/** The table `mail`. The variables of a mail are encrypted at rest, because they may contain a token. */
@Injectable()
export class MailRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Stores a mail unless a limit blocks it, in one statement, so that concurrent mails don't exceed the limits.
   * @returns whether it was stored
   */
  async insert(manager: EntityManager, mail: NewMail, limits: ConsumedLimits): Promise<boolean> {
    const { id, accountId, recipient, template, locale, variables, instead, ttlSeconds } = mail;
    const sealed = this.keyring.encrypt(Buffer.from(JSON.stringify({ ...variables, instead })), contextOf(id));
    const inserted = await queryRow(
      manager,
      sql`/* mail.insert */
        WITH ${consuming(limits)}
        INSERT INTO mail (id, account_id, recipient, template, locale, variables, expires_at)
        SELECT ${id}::uuid, ${accountId}::uuid, ${recipient}::text, ${template}::text, ${locale}::text, ${sealed}::bytea,
          now() + make_interval(secs => ${ttlSeconds ?? null}::int)
        FROM consumed WHERE blocked IS NULL RETURNING id`,
    );
    return inserted !== undefined;
  }

  /** Takes mails that are due, in one atomic statement: each mail goes to one replica only. */
  async take(limit: number): Promise<SealedMail[]> {
    return queryRows(
      this.dataSource,
      sql`/* mail.take */
      UPDATE mail
      SET attempts = attempts + 1, next_attempt_at = ${leaseEnd}, taken_until = ${leaseEnd}
      WHERE id IN (
        SELECT id FROM mail WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING ${columns}`,
    );
  }

  /**
   * Decrypts a mail.
   * @throws UndecryptableError if no key of the ring decrypts it
   */
  open(mail: SealedMail): StoredMail {
    const { instead, ...variables } = JSON.parse(
      this.keyring.decrypt(mail.variables, contextOf(mail.id)).toString(),
    ) as Pick<NewMail, 'instead'>;
    return { ...mail, variables, ...(instead && { instead }) };
  }

  async delete(id: string): Promise<void> {
    await execute(this.dataSource, sql`/* mail.delete */ DELETE FROM mail WHERE id = ${id}`);
  }

  async markSent(id: string): Promise<void> {
    await execute(this.dataSource, sql`/* mail.mark-sent */ UPDATE mail SET sent_at = now() WHERE id = ${id}`);
  }

  /** Sets when the next attempt is due. */
  async postpone(id: string, seconds: number, error: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* mail.postpone */
        UPDATE mail SET next_attempt_at = now() + make_interval(secs => ${seconds}::int), last_error = ${error},
          taken_until = NULL
        WHERE id = ${id}`,
    );
  }

  async markFailed(id: string, error: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* mail.mark-failed */ UPDATE mail SET failed_at = now(), last_error = ${error}, taken_until = NULL WHERE id = ${id}`,
    );
  }

  /** Makes failed mails due again, unless their link has expired, and returns how many. */
  async retryFailed(): Promise<number> {
    return execute(
      this.dataSource,
      sql`/* mail.retry-failed */
        UPDATE mail SET failed_at = NULL, attempts = 0, next_attempt_at = now()
        WHERE failed_at IS NOT NULL AND (expires_at IS NULL OR expires_at > now())`,
    );
  }

  /**
   * Makes a mail that waits or has failed due now, unless its link has expired or a replica is sending it, in one atomic statement.
   * @returns nothing if it did not
   */
  async retry(on: Queryable, id: string): Promise<ListedMail | undefined> {
    return queryRow<ListedMail>(
      on,
      sql`/* mail.retry */
        UPDATE mail SET failed_at = NULL, attempts = 0, next_attempt_at = now()
        WHERE id = ${id} AND sent_at IS NULL AND (taken_until IS NULL OR taken_until <= now())
          AND (expires_at IS NULL OR expires_at > now())
        RETURNING ${listedColumns}`,
    );
  }

  /** Whether the link of a mail has expired; undefined if there is no such mail. */
  async hasExpired(on: Queryable, id: string): Promise<boolean | undefined> {
    const row = await queryRow<{ expired: boolean }>(
      on,
      sql`/* mail.has-expired */ SELECT coalesce(expires_at <= now(), false) AS expired FROM mail WHERE id = ${id}`,
    );
    return row?.expired;
  }

  /**
   * A page of the mails in a state, the latest first, without their variables.
   * @param after the position of the last mail of the previous page
   */
  list(state: MailState, limit: number, after?: string): Promise<ListedMail[]> {
    const following = after === undefined ? sql.raw('') : sql`AND (created_at, id) < ${positionValue(after)}`;
    return queryRows<ListedMail>(
      this.dataSource,
      sql`/* mail.list */
        SELECT ${listedColumns} FROM mail WHERE ${states[state]} ${following} ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
    );
  }

  /** Seconds since the oldest unsent mail was written; 0 if there is none. The index `mail_waiting_idx` serves it. */
  async oldestWaitingSeconds(): Promise<number> {
    const row = await queryRow<{ seconds: number | null }>(
      this.dataSource,
      sql`/* mail.oldest-waiting */
        SELECT extract(epoch FROM now() - min(created_at))::float8 AS seconds FROM mail
        WHERE sent_at IS NULL AND failed_at IS NULL`,
    );
    return row?.seconds ?? 0;
  }

  /** Counts the mails in a state: up to 10,000 one by one, beyond that by PostgreSQL's estimate. */
  count(state: MailState): Promise<BoundedCount> {
    return countBounded(this.dataSource, 'mail', states[state], 'created_at');
  }

  /** The latest mails that are marked as sent, the newest first. */
  async listSent(limit: number): Promise<StoredMail[]> {
    const mails = await queryRows<SealedMail>(
      this.dataSource,
      sql`/* mail.list-sent */
      SELECT ${columns} FROM mail WHERE sent_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
    );
    return mails.map((mail) => this.open(mail));
  }

  /** What is stored about an account's mails, as JSON objects. */
  async personalData({ id, email }: MailOwner): Promise<object[]> {
    const rows = await queryRows<{ row: object }>(
      this.dataSource,
      sql`/* mail.personal-data */
        SELECT json_build_object('recipient', recipient, 'template', template, 'locale', locale,
          'created_at', created_at, 'sent_at', sent_at) AS row
        FROM mail WHERE account_id = ${id} OR lower(recipient) = lower(${email}) ORDER BY created_at`,
    );
    return rows.map(({ row }) => row);
  }

  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`created_at < now() - make_interval(days => ${sql.raw(String(retentionDays))})`;
    return purge(on, { table: 'mail', key: 'id', expired, orderBy: 'created_at' }, limit);
  }

  /** Encrypts variables again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    return reencryptColumn(this.dataSource, this.keyring, { table: 'mail', key: 'id', column: 'variables', contextOf });
  }
}
