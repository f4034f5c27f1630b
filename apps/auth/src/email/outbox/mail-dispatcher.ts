import { counter } from '#common';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';
import { outgoingMail, type OutgoingMail } from './outgoing-mail.ts';

const pollMs = 1000;
const batchSize = 10;
const timeoutMs = 15_000;
const firstRetrySeconds = 15;
const lastRetrySeconds = 3600;
/** Attempts over about a day. */
const maxAttempts = 30;

const attempts = counter({
  name: 'auth_mails_total',
  help: 'Attempts to send a mail, by result; `failed` means that no further attempt follows',
  labels: { result: ['sent', 'retried', 'failed'] },
});

/** Sends the mails in the outbox in small batches. Every replica runs it. */
@Injectable()
export class MailDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailDispatcher.name);
  private readonly transport: Transporter | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

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
  }

  onApplicationBootstrap(): void {
    if (this.mail.enabled) {
      this.timer = setInterval(() => {
        this.running ??= this.sendDue().finally(() => {
          this.running = undefined;
        });
      }, pollMs);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
    this.transport?.close();
  }

  private async sendDue(): Promise<void> {
    try {
      for (let more = true; more;) {
        const batch = (await this.outbox.take(batchSize)).map(outgoingMail);
        await Promise.all(batch.map((mail) => this.dispatch(mail)));
        more = batch.length > 0;
      }
    } catch (error) {
      this.logger.error(error, 'the outbox could not be processed');
    }
  }

  private async dispatch(mail: OutgoingMail): Promise<void> {
    if (!this.transport) {
      await this.outbox.markSent(mail.id);
      this.logger.log({
        msg: 'mail not sent: no mail server is configured; see /dev/mails',
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
      });
      return;
    }
    try {
      await this.transport.sendMail({
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // the same at each attempt, so that clients recognise a repeat after a lost response
        messageId: `<${mail.id}@${this.config.MAIL_FROM.split('@').at(-1)?.replace('>', '') ?? 'localhost'}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      await this.outbox.delete(mail.id);
      attempts.inc({ result: 'sent' });
    } catch (error) {
      await this.retryOrFail(mail, error as Error & { responseCode?: number });
    }
  }

  private async retryOrFail(mail: OutgoingMail, error: Error & { responseCode?: number }): Promise<void> {
    // RFC 5321 §4.2.1: 5yz is a permanent error
    const permanent = error.responseCode !== undefined && error.responseCode >= 500;
    if (permanent || mail.attempts >= maxAttempts) {
      await this.outbox.markFailed(mail.id, error.message);
      attempts.inc({ result: 'failed' });
      this.logger.error({ err: error, mail_id: mail.id }, 'mail failed permanently');
    } else {
      const wait = Math.min(firstRetrySeconds * 2 ** (mail.attempts - 1), lastRetrySeconds);
      await this.outbox.postpone(mail.id, wait, error.message);
      attempts.inc({ result: 'retried' });
      this.logger.warn({ err: error, mail_id: mail.id, retry_in_s: wait }, 'mail could not be sent, retrying later');
    }
  }
}
