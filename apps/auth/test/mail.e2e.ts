import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { copyDatabase, productionSettings, startTestService, type TestService } from './support/service.ts';

let mailbox: Mailbox;
let replicas: TestService[];
let client: Client;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  const DATABASE_URL = await copyDatabase();
  const start = () => startTestService({ DATABASE_URL, SMTP_URL: mailbox.url, MAIL_FROM: 'Auth <auth@example.com>' });
  replicas = [await start(), await start()];
  client = new Client((replicas[0] as TestService).url);
});

const outbox = async (email: string) => {
  const { rows } = await (replicas[0] as TestService).database.query('SELECT * FROM mail WHERE recipient = $1', [
    email,
  ]);
  return rows;
};
const until = async (condition: () => Promise<boolean>) => {
  const deadline = Date.now() + 10_000;
  while (!(await condition()) && Date.now() < deadline) {
    await sleep(50);
  }
  expect(await condition()).toBe(true);
};

describe('the outbox', () => {
  it('sends each of 40 mails exactly once with two replicas', async () => {
    const emails = Array.from({ length: 40 }, () => newEmail());
    await Promise.all(emails.map((email) => client.register(email)));
    await until(async () => (await Promise.all(emails.map(outbox))).flat().length === 0);
    expect(emails.map((email) => mailbox.to(email).length)).toEqual(emails.map(() => 1));
    const ids = new Set(mailbox.mails.map(({ messageId }) => messageId));
    expect(ids.size).toBe(mailbox.mails.length);
  });

  it('sends text and HTML in the language of the request', async () => {
    const email = newEmail();
    await client.call('POST', '/auth/register', {
      body: { email, password: 'violet-otter-hums-42-songs' },
      headers: { 'accept-language': 'fr-CH, de;q=0.5' },
    });
    const mail = await mailbox.expect(email, /Confirmez votre adresse/);
    expect(mail.from?.text).toBe('"Auth" <auth@example.com>');
    expect(mail.html).toContain('<html lang="fr">');
    expect(mail.text).toContain('/verify-email?token=ot_');
  });

  it('sends no mail of a failed transaction', async () => {
    const email = newEmail();
    await client.register(email);
    await mailbox.expect(email, /Confirm/);
    expect((await client.register(email)).status).toBe(409);
    await sleep(1500);
    expect(mailbox.to(email)).toHaveLength(1);
  });

  it('retries while the mail server is down, and sends the mail once when it is up again', async () => {
    await mailbox.close();
    const email = newEmail();
    await client.register(email);
    await until(async () => (await outbox(email))[0]?.last_error !== null);
    const [waiting] = await outbox(email);
    expect(waiting.attempts).toBe(1);
    expect(Math.round((waiting.next_attempt_at - Date.now()) / 1000)).toBeGreaterThan(5);
    await mailbox.listen();
    await (replicas[0] as TestService).database.query('UPDATE mail SET next_attempt_at = now()');
    await until(async () => (await outbox(email)).length === 0);
    expect(mailbox.to(email)).toHaveLength(1);
  });

  it('gives up after a permanent error, not after a temporary one', async () => {
    const [temporary, permanent] = [newEmail(), newEmail()];
    mailbox.refuse = { code: 451, message: 'try later' };
    await client.register(temporary);
    await until(async () => (await outbox(temporary))[0]?.last_error !== null);
    mailbox.refuse = { code: 550, message: 'no such mailbox' };
    await client.register(permanent);
    await until(async () => (await outbox(permanent))[0]?.failed_at !== null);
    mailbox.refuse = undefined;
    expect((await outbox(temporary))[0].failed_at).toBeNull();
    const metrics = await (await fetch((replicas[0] as TestService).metricsUrl)).text();
    expect(metrics).toContain('auth_mails_total{result="failed"} 1');
  });

  it('encrypts the variables of a stored mail, because they contain a token', async () => {
    mailbox.refuse = { code: 451, message: 'try later' };
    const email = newEmail();
    await client.register(email);
    const [row] = await outbox(email);
    mailbox.refuse = undefined;
    expect(row.variables.toString('latin1')).not.toContain('ot_');
  });
});

describe('without a mail server', () => {
  it('other environments show mails at /dev/mails', async () => {
    const dev = await startTestService();
    const devClient = new Client(dev.url);
    const email = newEmail();
    await devClient.register(email);
    await until(async () => {
      const { body } = await devClient.call('GET', '/dev/mails');
      return body.mails.some(
        ({ to, text }: { to: string; text: string }) => to === email && text.includes('token=ot_'),
      );
    });
  });

  it('production disables mails: routes that require one respond mail_off, and registration still works', async () => {
    const production = await startTestService(productionSettings);
    const productionClient = new Client(production.url);
    const { accessToken, email } = await productionClient.newAccount();
    for (const answer of [
      await productionClient.call('POST', '/auth/password-reset', { body: { email } }),
      await productionClient.call('POST', '/auth/magic-link', { body: { email } }),
      await productionClient.call('POST', '/auth/email-verification', { token: accessToken }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([503, 'mail_off']);
    }
    expect((await productionClient.call('GET', '/dev/mails')).status).toBe(404);
  });
});
