import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { createTransport, type Transporter } from 'nodemailer';
import type { Counter } from 'prom-client';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { MailService, type OutboxMail } from './mail.service.ts';

const pollMs = 1000;
const batchSize = 10;
const timeoutMs = 15_000;
const firstRetrySeconds = 15;
const lastRetrySeconds = 3600;
/** With the waits between them, about a day. */
const maxAttempts = 30;

const mailsName = 'auth_mails_total';

export const mailsProvider = makeCounterProvider({
  name: mailsName,
  help: 'Attempts to send a mail by result; `failed` ones were given up',
  labelNames: ['result'],
});

/** Sends what is in the outbox, on each replica, a few at a time. */
@Injectable()
export class MailDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailDispatcher.name);
  private readonly transport: Transporter | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly mails: MailService,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    @InjectMetric(mailsName) private readonly counter: Counter<'result'>,
  ) {
    this.transport = config.SMTP_URL
      ? createTransport(
          { url: config.SMTP_URL, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
          { from: config.MAIL_FROM },
        )
      : undefined;
    for (const result of ['sent', 'retried', 'failed']) {
      counter.inc({ result }, 0);
    }
  }

  onApplicationBootstrap(): void {
    if (this.mails.enabled) {
      this.timer = setInterval(() => {
        this.running ??= this.run().finally(() => {
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

  private async run(): Promise<void> {
    try {
      for (let batch = await this.mails.take(batchSize); batch.length > 0; batch = await this.mails.take(batchSize)) {
        await Promise.all(batch.map((mail) => this.dispatch(mail)));
      }
    } catch (error) {
      this.logger.error(error, 'the outbox could not be read');
    }
  }

  private async dispatch(mail: OutboxMail): Promise<void> {
    if (!this.transport) {
      await this.mails.keep(mail.id);
      this.logger.log({ msg: 'mail kept, see /dev/mails', to: mail.to, subject: mail.subject, text: mail.text });
      return;
    }
    try {
      await this.transport.sendMail({
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // the same at each attempt, so that a repeat after a lost answer is known as one
        messageId: `<${mail.id}@${this.config.MAIL_FROM.split('@').at(-1)?.replace('>', '') ?? 'localhost'}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      await this.mails.forget(mail.id);
      this.counter.inc({ result: 'sent' });
    } catch (error) {
      await this.retryOrFail(mail, error as Error & { responseCode?: number });
    }
  }

  private async retryOrFail(mail: OutboxMail, error: Error & { responseCode?: number }): Promise<void> {
    // RFC 5321 §4.2.1: 5yz is a permanent refusal
    const permanent = error.responseCode !== undefined && error.responseCode >= 500;
    if (permanent || mail.attempts >= maxAttempts) {
      await this.mails.fail(mail.id, error.message);
      this.counter.inc({ result: 'failed' });
      this.logger.error({ err: error, mail_id: mail.id }, 'mail given up');
    } else {
      const wait = Math.min(firstRetrySeconds * 2 ** (mail.attempts - 1), lastRetrySeconds);
      await this.mails.postpone(mail.id, wait, error.message);
      this.counter.inc({ result: 'retried' });
      this.logger.warn({ err: error, mail_id: mail.id, retry_in_s: wait }, 'mail not sent yet');
    }
  }
}
