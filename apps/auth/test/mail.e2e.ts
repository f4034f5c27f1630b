import { beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, newEmail } from './support/client.ts';
import { command } from './support/command.ts';
import { Mailbox } from './support/mailbox.ts';
import {
  copyDatabase,
  productionSettings,
  startTestService,
  strongPassword,
  type TestService,
} from './support/service.ts';

let mailbox: Mailbox;
let replicas: TestService[];
let client: Client;
let database: TestService['database'];
let DATABASE_URL: string;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  DATABASE_URL = await copyDatabase();
  const start = () => startTestService({ DATABASE_URL, SMTP_URL: mailbox.url, MAIL_FROM: 'Auth <auth@example.com>' });
  replicas = [await start(), await start()];
  client = new Client((replicas[0] as TestService).url);
  database = (replicas[0] as TestService).database;
});

const outbox = async (email: string) => {
  const { rows } = await database.query('SELECT * FROM mail WHERE recipient = $1', [email]);
  return rows;
};
const metric = async (series: string) => {
  const text = await (await fetch((replicas[0] as TestService).metricsUrl)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );
};
const failedCount = () => metric('auth_mails_total{result="failed"}');
const until = async (condition: () => Promise<boolean>) => {
  const deadline = Date.now() + 60_000;
  while (!(await condition()) && Date.now() < deadline) {
    await sleep(50);
  }
  expect(await condition()).toBe(true);
};

/** Registers accounts while the mail server refuses the mails to them. */
const registerRefused = async (emails: string[]) => {
  await Promise.all(emails.map((email) => client.register(email)));
  await until(async () =>
    (await Promise.all(emails.map(outbox))).flat().every(({ last_error }) => last_error !== null),
  );
};

describe('the outbox', () => {
  it('sends each of 40 e-mails exactly once with two replicas', async () => {
    const emails = Array.from({ length: 40 }, () => newEmail());
    await Promise.all(emails.map((email) => client.register(email)));
    await until(async () => (await Promise.all(emails.map(outbox))).flat().length === 0);
    expect(emails.map((email) => mailbox.to(email).length)).toEqual(emails.map(() => 1));
    const ids = new Set(mailbox.mails.map(({ messageId }) => messageId));
    expect(ids.size).toBe(mailbox.mails.length);
  });

  it('gives no mail to both of two replicas that look for mails at the same moment', async () => {
    const emails = Array.from({ length: 15 }, () => newEmail());
    mailbox.refuse = { code: 451, message: 'try later' };
    await registerRefused(emails);
    mailbox.refuse = undefined;
    // every other one that takes mails waits for the next one to begin
    await database.query(`
      CREATE SEQUENCE takers;
      CREATE FUNCTION await_other() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE ticket bigint := nextval('takers');
      BEGIN
        FOR i IN 1..5000 LOOP
          EXIT WHEN ticket % 2 = 0 OR (SELECT last_value FROM takers) > ticket;
          PERFORM pg_sleep(0.001);
        END LOOP;
        RETURN NULL; END $$;
      CREATE TRIGGER await_other BEFORE UPDATE OF attempts ON mail FOR EACH STATEMENT EXECUTE FUNCTION await_other()`);
    await database.query('UPDATE mail SET next_attempt_at = now()');
    await until(async () => (await Promise.all(emails.map(outbox))).flat().length === 0);
    await database.query('DROP FUNCTION await_other CASCADE');
    expect(emails.map((email) => mailbox.to(email).length)).toEqual(emails.map(() => 1));
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

  it('sends no e-mail of a failed transaction', async () => {
    const email = newEmail();
    await client.register(email);
    await mailbox.expect(email, /Confirm/);
    expect((await client.register(email)).status).toBe(409);
    await sleep(1500);
    expect(mailbox.to(email)).toHaveLength(1);
  });

  it('shows how long the oldest mail has been waiting', async () => {
    mailbox.refuse = { code: 451, message: 'try later' };
    const email = newEmail();
    await client.register(email);
    await database.query("UPDATE mail SET created_at = now() - interval '2 hours' WHERE recipient = $1", [email]);
    await until(async () => (await metric('auth_mails_oldest_waiting_seconds')) >= 7200);
    mailbox.refuse = undefined;
    await database.query('UPDATE mail SET next_attempt_at = now()');
    await mailbox.expect(email, /Confirm/);
    await until(async () => (await metric('auth_mails_oldest_waiting_seconds')) === 0);
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
    await database.query('UPDATE mail SET next_attempt_at = now()');
    await until(async () => (await outbox(email)).length === 0);
    expect(mailbox.to(email)).toHaveLength(1);
  });

  it('sends the others when a mail can not be decrypted, and that one once it can', async () => {
    const [broken, other] = [newEmail(), newEmail()];
    mailbox.refuse = { code: 451, message: 'try later' };
    await registerRefused([broken, other]);
    mailbox.refuse = undefined;
    const [mail] = await outbox(broken);
    await database.query("UPDATE mail SET variables = '\\x00'::bytea || variables WHERE recipient = $1", [broken]);
    await database.query('UPDATE mail SET next_attempt_at = now() WHERE recipient = ANY ($1)', [[broken, other]]);
    await mailbox.expect(other, /Confirm/);
    await until(async () => (await outbox(broken))[0]?.last_error === 'UndecryptableError');
    await database.query('UPDATE mail SET variables = $2, next_attempt_at = now() WHERE recipient = $1', [
      broken,
      mail?.variables,
    ]);
    await mailbox.expect(broken, /Confirm/);
  });

  it('sends no mail with the variables of another one, which contain its link', async () => {
    const emails = [newEmail(), newEmail()];
    mailbox.refuse = { code: 451, message: 'try later' };
    await registerRefused(emails);
    mailbox.refuse = undefined;
    const swap = () =>
      database.query(
        `UPDATE mail m SET variables = o.variables, next_attempt_at = now()
         FROM mail o WHERE m.recipient = ANY ($1) AND o.recipient = ANY ($1) AND m.id <> o.id`,
        [emails],
      );
    await swap();
    const waiting = async () => (await Promise.all(emails.map(outbox))).flat();
    await until(async () => (await waiting()).every(({ last_error }) => last_error === 'UndecryptableError'));
    expect(emails.map((email) => mailbox.to(email))).toEqual([[], []]);
    await swap();
    await until(async () => (await waiting()).length === 0);
    expect(emails.map((email) => mailbox.to(email).length)).toEqual([1, 1]);
  });

  it('waits twice as long after each attempt, and an hour at most', async () => {
    const waits = new Map([0, 1, 2, 3, 7, 8, 99].map((attempts) => [newEmail(), attempts]));
    const emails = [...waits.keys()];
    mailbox.refuse = { code: 451, message: 'try later' };
    await registerRefused(emails);
    await database.query(`
      CREATE FUNCTION note_wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.last_error := extract(epoch FROM NEW.next_attempt_at - now())::int; RETURN NEW; END $$;
      CREATE TRIGGER note_wait BEFORE UPDATE OF last_error ON mail FOR EACH ROW EXECUTE FUNCTION note_wait()`);
    for (const [email, attempts] of waits) {
      const due = 'UPDATE mail SET attempts = $2, next_attempt_at = now() WHERE recipient = $1';
      await database.query(due, [email, attempts]);
    }
    const noted = async () => (await Promise.all(emails.map(outbox))).map(([row]) => row?.last_error as string);
    await until(async () => (await noted()).every((wait) => /^\d+$/.test(wait)));
    await database.query('DROP FUNCTION note_wait CASCADE');
    expect((await noted()).map(Number)).toEqual([15, 30, 60, 120, 1920, 3600, 3600]);
    mailbox.refuse = undefined;
    await database.query('DELETE FROM mail WHERE recipient = ANY ($1)', [emails]);
  });

  it.each([
    ['greeting', 554],
    ['AUTH', 535],
    ['AUTH', 530],
    ['MAIL FROM', 550],
    ['RCPT TO', 451],
    ['DATA', 451],
  ] as const)('retries after an error that is not the mail’s own: %s %i', async (at, code) => {
    const email = newEmail();
    mailbox.refuse = { at, code, message: 'refused' };
    await client.register(email);
    await until(async () => (await outbox(email))[0]?.last_error !== null);
    mailbox.refuse = undefined;
    expect((await outbox(email))[0].failed_at).toBeNull();
    await database.query('UPDATE mail SET next_attempt_at = now()');
    await mailbox.expect(email, /Confirm/);
  });

  it.each([
    ['RCPT TO', 550],
    ['DATA', 554],
  ] as const)('gives up after a permanent refusal of the mail itself, until `mails retry`: %s %i', async (at, code) => {
    const email = newEmail();
    const failed = await failedCount();
    mailbox.refuse = { at, code, message: `<${email}> is not welcome` };
    await client.register(email);
    await until(async () => (await outbox(email))[0]?.failed_at !== null);
    mailbox.refuse = undefined;
    // counted after the row is written
    await until(async () => (await failedCount()) > failed);
    expect(await failedCount()).toBe(failed + 1);
    expect((await outbox(email))[0].last_error).toContain(String(code));
    expect((await outbox(email))[0].last_error).not.toContain(email);
    const { code: exitCode, output } = await command(DATABASE_URL, ['mails', 'retry']);
    expect([exitCode, output]).toEqual([0, '1 mails will be sent again\n']);
    await mailbox.expect(email, /Confirm/);
  });

  it('drops a mail whose link has expired while it waited', async () => {
    const [waiting, failed] = [newEmail(), newEmail()];
    mailbox.refuse = { code: 451, message: 'try later' };
    await client.register(waiting);
    await until(async () => (await outbox(waiting))[0]?.last_error !== null);
    mailbox.refuse = { code: 550, message: 'no such mailbox' };
    await client.register(failed);
    await until(async () => (await outbox(failed))[0]?.failed_at !== null);
    mailbox.refuse = undefined;
    await database.query("UPDATE mail SET next_attempt_at = now(), expires_at = expires_at - interval '24 hours'");
    await until(async () => (await outbox(waiting)).length === 0);
    expect((await command(DATABASE_URL, ['mails', 'retry'])).output).toBe('0 mails will be sent again\n');
    expect([...mailbox.to(waiting), ...mailbox.to(failed)]).toEqual([]);
  });

  it('deletes the waiting and failed mails of a deleted account, also those to another e-mail address', async () => {
    const { email, accessToken } = await client.newAccount();
    await mailbox.expect(email, /Confirm/);
    const to = newEmail();
    mailbox.refuse = { code: 451, message: 'try later' };
    await client.call('PUT', '/auth/me/email', { token: accessToken, body: { email: to, password: strongPassword } });
    await until(async () => (await outbox(to))[0]?.last_error !== null);
    await client.call('DELETE', '/auth/me', { token: accessToken, body: { password: strongPassword } });
    mailbox.refuse = undefined;
    expect([...(await outbox(email)), ...(await outbox(to))]).toEqual([]);
  });

  it('encrypts the variables of a stored e-mail, because they contain a token', async () => {
    mailbox.refuse = { code: 451, message: 'try later' };
    const email = newEmail();
    await client.register(email);
    const [row] = await outbox(email);
    mailbox.refuse = undefined;
    expect(row.variables.toString('latin1')).not.toContain('ot_');
  });
});

describe('without a mail server', () => {
  it('shows e-mails at /dev/mails outside production', async () => {
    const dev = await startTestService();
    const devClient = new Client(dev.url);
    const emails = [newEmail(), newEmail()];
    await Promise.all(emails.map((email) => devClient.register(email)));
    await until(async () => {
      const { body } = await devClient.call('GET', '/dev/mails');
      const shown = body.mails.filter(({ text }: { text: string }) => text.includes('token=ot_'));
      return emails.every((email) => shown.some(({ to }: { to: string }) => to === email));
    });
    // the encrypted variables of one mail are of no use in another
    await dev.database.query(
      'UPDATE mail SET variables = (SELECT variables FROM mail WHERE recipient = $1) WHERE recipient = $2',
      emails,
    );
    expect((await devClient.call('GET', '/dev/mails')).status).toBe(500);
  });

  it('disables e-mails in production: routes that require one respond mail_off, and registration still works', async () => {
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
