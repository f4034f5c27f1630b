import { gauge, RepeatedJob } from '#common';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { mails } from './mail.metrics.ts';
import { MailRepository, type SealedMail } from './mail.repository.ts';
import { MailService } from './mail.service.ts';
import { outgoingMail } from './outgoing-mail.ts';
import { describeSmtpError, isPermanentRefusal } from './smtp-error.ts';

const pollMs = 1000;
const batchSize = 10;
const timeoutMs = 15_000;
const firstRetrySeconds = 15;
const lastRetrySeconds = 3600;
/** Keeps the power of two finite. */
const maxDoublings = 20;

/**
 * Sends the mails in the outbox in small batches. Every replica runs it. A mail is repeated until it is sent, the mail server
 * refuses it for good, its link expires, or it is deleted at the end of its retention.
 */
@Injectable()
export class MailDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailDispatcher.name);
  private readonly transport: Transporter | undefined;
  private readonly job = new RepeatedJob(pollMs, () => this.sendDue());
  private oldestWaitingSeconds = 0;

  constructor(
    private readonly mail: MailService,
    private readonly outbox: MailRepository,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
  ) {
    this.transport = config.SMTP_URL
      ? createTransport(
          { url: config.SMTP_URL, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
          { from: config.MAIL_FROM },
        )
      : undefined;
    gauge({
      name: 'auth_mails_oldest_waiting_seconds',
      help: 'Age of the oldest mail that is neither sent nor failed; 0 if there is none',
      collect: (set) => {
        set(this.oldestWaitingSeconds);
      },
    });
  }

  onApplicationBootstrap(): void {
    if (this.mail.enabled) {
      this.job.start();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.job.stop();
    this.transport?.close();
  }

  private async sendDue(): Promise<void> {
    try {
      for (let more = true; more;) {
        const batch = await this.outbox.take(batchSize);
        await Promise.all(batch.map((mail) => this.dispatch(mail)));
        more = batch.length > 0;
      }
      this.oldestWaitingSeconds = await this.outbox.oldestWaitingSeconds();
    } catch (error) {
      this.logger.error(error, 'the outbox could not be processed');
    }
  }

  private async dispatch(mail: SealedMail): Promise<void> {
    if (mail.expired) {
      await this.outbox.delete(mail.id);
      mails.inc({ result: 'expired' });
      return;
    }
    if (!this.transport) {
      await this.outbox.markSent(mail.id);
      this.logger.log({ msg: 'mail not sent: no mail server is configured; see /dev/mails', mail_id: mail.id });
      return;
    }
    try {
      await this.transport.sendMail(this.messageOf(mail));
      await this.outbox.delete(mail.id);
      mails.inc({ result: 'sent' });
    } catch (error) {
      await this.retryOrFail(mail, error);
    }
  }

  private messageOf(mail: SealedMail): SendMailOptions {
    const { id, to, subject, text, html } = outgoingMail(this.outbox.open(mail));
    return {
      to,
      subject,
      text,
      html,
      // the same at each attempt, so that clients recognise a repeat after a lost response
      messageId: `<${id}@${this.config.MAIL_FROM.split('@').at(-1)?.replace('>', '') ?? 'localhost'}>`,
      headers: { 'auto-submitted': 'auto-generated' },
    };
  }

  private async retryOrFail(mail: SealedMail, error: unknown): Promise<void> {
    const reason = describeSmtpError(error);
    if (isPermanentRefusal(error)) {
      // the e-mail address of a deleted account is not kept for a retry
      await (mail.template === 'account_deleted'
        ? this.outbox.delete(mail.id)
        : this.outbox.markFailed(mail.id, reason));
      mails.inc({ result: 'failed' });
      this.logger.error({ msg: 'mail failed permanently', mail_id: mail.id, reason });
    } else {
      const wait = Math.min(firstRetrySeconds * 2 ** Math.min(mail.attempts - 1, maxDoublings), lastRetrySeconds);
      await this.outbox.postpone(mail.id, wait, reason);
      mails.inc({ result: 'retried' });
      this.logger.warn({ msg: 'mail could not be sent, retrying later', mail_id: mail.id, retry_in_s: wait, reason });
    }
  }
}
