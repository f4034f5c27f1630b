import { queryRows } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { Keyring } from '../../keyring/index.ts';
import { mailDisabled } from './mail.problems.ts';
import type { Locale, MailTemplate } from '../templates/index.ts';
import { renderMail, type MailVariables, type RenderedMail } from '../templates/index.ts';

/** A mail to be sent. */
export interface MailEntry {
  to: string;
  template: MailTemplate;
  locale: Locale;
  variables: MailVariables;
}

/** A mail taken from the outbox, to be sent by the one who took it. */
export interface OutboxMail extends RenderedMail {
  id: string;
  to: string;
  attempts: number;
}

interface MailRow {
  id: string;
  recipient: string;
  template: MailTemplate;
  locale: Locale;
  variables: Buffer;
  attempts: number;
}

const columns = 'id, recipient, template, locale, variables, attempts';

/** Longer than sending can take: the one who took a mail is done, or dead, when another may take it. */
const leaseSeconds = 120;

const takeStatement = `
  UPDATE mail SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${String(leaseSeconds)})
  WHERE id IN (
    SELECT id FROM mail WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING ${columns}`;

const purgeStatement = `
  DELETE FROM mail WHERE id = ANY (ARRAY (
    SELECT id FROM mail WHERE created_at < now() - interval '30 days'
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;

/**
 * The outbox: a mail is written in the transaction of what it tells of, hence sent if and only if that is committed. What it
 * says is stored encrypted, since it may carry a token.
 */
@Injectable()
export class MailService {
  /** Whether mails can go anywhere: to a server, or, outside production, to the page of kept mails. */
  readonly enabled: boolean;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) config: AuthConfig,
    private readonly keyring: Keyring,
  ) {
    this.enabled = config.SMTP_URL !== undefined || config.NODE_ENV !== 'production';
  }

  /** @throws ProblemException `mail_off` where no mail can be sent; to be asked before anything is done */
  assertEnabled(): void {
    if (!this.enabled) {
      throw mailDisabled.exception();
    }
  }

  /** Puts a mail into the outbox, in the caller's transaction; nothing where mails are off. */
  async send(manager: EntityManager, { to, template, locale, variables }: MailEntry): Promise<void> {
    if (!this.enabled) {
      return;
    }
    const id = uuidv7();
    const sealed = this.keyring.encrypt(Buffer.from(JSON.stringify(variables)), `mail ${id}`);
    await manager.query('INSERT INTO mail (id, recipient, template, locale, variables) VALUES ($1, $2, $3, $4, $5)', [
      id,
      to,
      template,
      locale,
      sealed,
    ]);
  }

  /** Takes mails that are due, in one atomic statement: each goes to one of any number of replicas. */
  async take(limit: number): Promise<OutboxMail[]> {
    return (await queryRows<MailRow>(this.dataSource, takeStatement, [limit])).map((row) => this.open(row));
  }

  /** Forgets a mail that the server has accepted. */
  async forget(id: string): Promise<void> {
    await this.dataSource.query('DELETE FROM mail WHERE id = $1', [id]);
  }

  /** Keeps a mail to be looked at, where there is no server. */
  async keep(id: string): Promise<void> {
    await this.dataSource.query('UPDATE mail SET sent_at = now() WHERE id = $1', [id]);
  }

  /** Has a mail tried again later. */
  async postpone(id: string, seconds: number, error: string): Promise<void> {
    await this.dataSource.query(
      'UPDATE mail SET next_attempt_at = now() + make_interval(secs => $2::int), last_error = $3 WHERE id = $1',
      [id, seconds, error],
    );
  }

  /** Gives a mail up. */
  async fail(id: string, error: string): Promise<void> {
    await this.dataSource.query('UPDATE mail SET failed_at = now(), last_error = $2 WHERE id = $1', [id, error]);
  }

  /** The latest kept mails, newest first. */
  async kept(limit: number): Promise<OutboxMail[]> {
    const statement = `SELECT ${columns} FROM mail WHERE sent_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT $1`;
    return (await queryRows<MailRow>(this.dataSource, statement, [limit])).map((row) => this.open(row));
  }

  /** Deletes mails that are older than 30 days, `limit` at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }

  private open({ id, recipient, template, locale, variables, attempts }: MailRow): OutboxMail {
    const opened = JSON.parse(this.keyring.decrypt(variables, `mail ${id}`).toString()) as MailVariables;
    return { id, to: recipient, attempts, ...renderMail(template, locale, opened) };
  }
}
