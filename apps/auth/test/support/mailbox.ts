import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../../tools/lib/free-port.ts';
import { cleanUpWith } from './clean-up.ts';
import type { TestService } from './service.ts';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A step of an SMTP session. */
type Step = 'greeting' | 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA';

/** A real SMTP server that keeps the mails it receives. */
export class Mailbox {
  readonly mails: ParsedMail[] = [];
  /** The reply at one step, by default to each recipient, instead of accepting it. */
  refuse: { code: number; message: string; at?: Step } | undefined;
  private server: SMTPServer | undefined;
  /** One that is still free after {@link close}. */
  private port = 0;

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    mailbox.port = await freePort();
    await mailbox.listen();
    cleanUpWith(() => mailbox.close());
    return mailbox;
  }

  get url(): string {
    return `smtp://auth:secret@127.0.0.1:${String(this.port)}?ignoreTLS=true`;
  }

  async listen(): Promise<void> {
    this.server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onConnect: (_session, callback) => {
        callback(this.refusalAt('greeting'));
      },
      onAuth: ({ username }, _session, callback) => {
        callback(this.refusalAt('AUTH') ?? null, { user: username });
      },
      onMailFrom: (_address, _session, callback) => {
        callback(this.refusalAt('MAIL FROM'));
      },
      onRcptTo: (_address, _session, callback) => {
        callback(this.refusalAt('RCPT TO'));
      },
      onData: (stream, _session, callback) => {
        simpleParser(stream).then((mail) => {
          const refusal = this.refusalAt('DATA');
          if (!refusal) {
            this.mails.push(mail);
          }
          callback(refusal);
        }, callback);
      },
    });
    const listener = this.server.listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.server) {
        this.server.close(resolve);
      } else {
        resolve();
      }
    });
    this.server = undefined;
  }

  private refusalAt(step: Step): Error | undefined {
    return this.refuse && (this.refuse.at ?? 'RCPT TO') === step
      ? Object.assign(new Error(this.refuse.message), { responseCode: this.refuse.code })
      : undefined;
  }

  /** Waits for a mail to an e-mail address with a subject, and returns the latest. */
  async expect(to: string, subject: RegExp): Promise<ParsedMail> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      const mail = this.to(to).findLast((candidate) => subject.test(candidate.subject ?? ''));
      if (mail) {
        return mail;
      }
      await sleep(50);
    }
    throw new Error(
      `no mail to ${to} about ${String(subject)}, but ${this.mails.map((mail) => mail.subject).join(', ')}`,
    );
  }

  /** All mails to an e-mail address. */
  to(email: string): ParsedMail[] {
    return this.mails.filter((mail) => [mail.to ?? []].flat().some(({ text }) => text.includes(email)));
  }

  /** Waits for a mail as {@link expect} does, and returns the token in its link. */
  async token(to: string, subject: RegExp): Promise<string> {
    const mail = await this.expect(to, subject);
    return /token=(ot_[\w-]{43})/.exec(mail.text ?? '')?.[1] ?? '';
  }
}

/** Waits until no mail to a recipient, a pattern of `LIKE`, waits any longer. */
export async function untilSent({ database }: TestService, recipient: string): Promise<void> {
  const isWaiting = 'SELECT EXISTS (SELECT FROM mail WHERE recipient LIKE $1 AND sent_at IS NULL) AS waiting';
  while ((await database.query(isWaiting, [recipient])).rows[0].waiting) {
    await sleep(50);
  }
}

/** The mails to an e-mail address with a subject, once no mail to it waits any longer. Sent mails leave the table. */
export async function sentMails(
  service: TestService,
  mailbox: Mailbox,
  email: string,
  subject: string,
): Promise<ParsedMail[]> {
  await untilSent(service, email);
  return mailbox.to(email).filter((mail) => mail.subject === subject);
}
