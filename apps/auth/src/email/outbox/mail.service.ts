import type { BoundedCount } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import type { Locale, MailTemplate } from '../../texts/index.ts';
import type { MailVariables } from './render-mail.ts';
import { mailLimits } from './mail-limits.ts';
import { mails } from './mail.metrics.ts';
import { mailDisabled, mailInDelivery, mailLinkExpired, mailNotFound } from './mail.problems.ts';
import {
  MailRepository,
  type ListedMail,
  type MailOwner,
  type MailState,
  type SentInstead,
} from './mail.repository.ts';

/** A mail to send. */
export interface MailEntry {
  /** The account whose deletion also deletes the mail; null if the mail reports that deletion. */
  accountId: string | null;
  /** The recipient's e-mail address. */
  to: string;
  template: MailTemplate;
  locale: Locale;
  variables: MailVariables;
  /** Sent with these variables instead of this mail, which only stands in the outbox. */
  instead?: SentInstead;
  /** How long its link is valid. The mail is not sent later than that. */
  ttlSeconds?: number;
  /** What the mail is about: a second one about the same is not sent within a day. */
  oncePerDay?: string;
}

/**
 * The outbox. A mail is stored in the transaction of the change that it reports, so that it is sent if and only if that
 * change is committed.
 */
@Injectable()
export class MailService {
  /** Whether mails go anywhere: to a mail server or, outside production, to `/dev/mails`. */
  readonly enabled: boolean;

  constructor(
    @Inject(AUTH_CONFIG) config: AuthConfig,
    private readonly repository: MailRepository,
  ) {
    this.enabled = config.SMTP_URL !== undefined || config.NODE_ENV !== 'production';
  }

  /**
   * Call it before anything that requires a mail.
   * @throws ProblemException `mail_off` if mails are disabled
   */
  assertEnabled(): void {
    if (!this.enabled) {
      throw mailDisabled.exception();
    }
  }

  /**
   * Puts a mail into the outbox, in the caller's transaction. Does nothing if mails are disabled, or if the recipient has got too
   * many: the caller's response must not tell, because a stranger may have requested the mail.
   */
  async send(manager: EntityManager, entry: MailEntry): Promise<void> {
    if (!this.enabled) {
      return;
    }
    const mail = { id: uuidv7(), recipient: entry.to, ...entry };
    if (!(await this.repository.insert(manager, mail, mailLimits(entry)))) {
      mails.inc({ result: 'limited' });
    }
  }

  /** Sends the mails that were given up again, unless their link has expired, and returns how many. */
  retryFailed(): Promise<number> {
    return this.repository.retryFailed();
  }

  /**
   * Makes a mail that waits or has failed due now, in the caller's transaction.
   * @throws ProblemException `mail_not_found`, `mail_link_expired`, `mail_in_delivery`
   */
  async retry(manager: EntityManager, id: string): Promise<ListedMail> {
    const retried = await this.repository.retry(manager, id);
    if (!retried) {
      const expired = await this.repository.hasExpired(manager, id);
      throw (expired === undefined ? mailNotFound : expired ? mailLinkExpired : mailInDelivery).exception();
    }
    return retried;
  }

  /**
   * A page of the mails in a state, the latest first.
   * @param after the position of the last mail of the previous page
   */
  list(state: MailState, limit: number, after?: string): Promise<ListedMail[]> {
    return this.repository.list(state, limit, after);
  }

  /** How many mails are in a state; beyond 10,000 it is an estimate. */
  count(state: MailState): Promise<BoundedCount> {
    return this.repository.count(state);
  }

  /** Seconds since the oldest waiting mail was written; 0 if there is none. */
  oldestWaitingSeconds(): Promise<number> {
    return this.repository.oldestWaitingSeconds();
  }

  /** What is stored about an account's mails, as JSON objects without their content. */
  personalData(owner: MailOwner): Promise<object[]> {
    return this.repository.personalData(owner);
  }

  /** Deletes mails older than 30 days, at most `limit`, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.repository.purge(manager, limit);
  }

  /** Encrypts stored mails again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    return this.repository.reencrypt();
  }
}
