import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { locales, mailTemplates } from '../src/texts/index.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, type TestService } from './support/service.ts';

let mailbox: Mailbox;
let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  admin = await newAdmin(service);
});
beforeEach(async () => {
  mailbox.refuse = undefined;
  await service.database.query('DELETE FROM mail');
});

const get = (path: string) => client.call('GET', `/auth/admin/${path}`, { token: admin.accessToken });
const retry = (id: string) => client.call('POST', `/auth/admin/mails/${id}/retry`, { token: admin.accessToken });
const until = async <T>(read: () => Promise<T | undefined | false>): Promise<T> => {
  for (let i = 0; i < 600; i += 1) {
    const found = await read();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not happen within 60 s');
};
/** Mails that no server has got yet. */
const addMails = async (count: number, columns: Record<string, string> = {}) => {
  const values = {
    next_attempt_at: "now() + interval '1 hour'",
    created_at: "'2026-01-01'::timestamptz + n / 3 * interval '1 us'",
    ...columns,
  };
  const { rows } = await service.database.query<{ id: string }>(`
    INSERT INTO mail (id, recipient, template, locale, variables, ${Object.keys(values).join(', ')})
    SELECT gen_random_uuid(), 'user' || n || '@example.com', 'invitation', 'en', '', ${Object.values(values).join(', ')}
    FROM generate_series(1, ${String(count)}) n RETURNING id`);
  return rows.map(({ id }) => id);
};
const retriedEvents = async () => {
  const { rows } = await service.database.query(
    "SELECT subject_id, detail FROM audit_event WHERE actor_id = $1 AND type = 'mail.retried' ORDER BY id",
    [admin.id],
  );
  return rows;
};

describe('the outbox', () => {
  it('shows a mail that the server has rejected, without its link, and sends it again', async () => {
    mailbox.refuse = { code: 550, message: 'no such mailbox' };
    const email = newEmail();
    const { body: invited } = await client.call('POST', '/auth/admin/invitations', {
      token: admin.accessToken,
      body: { email },
    });
    const failed = await until(async () => (await get('mails?state=failed')).body.mails[0]);
    expect(failed).toEqual({
      id: expect.any(String),
      account_id: invited.id,
      recipient: email,
      template: 'invitation',
      locale: 'en',
      created_at: expect.any(String),
      attempts: 1,
      last_error: expect.stringContaining('550'),
      next_attempt_at: null,
      sent_at: null,
      failed_at: expect.any(String),
      expires_at: expect.any(String),
    });
    mailbox.refuse = undefined;
    const answer = await retry(failed.id);
    expect([answer.status, answer.body]).toEqual([
      200,
      { ...failed, attempts: 0, failed_at: null, next_attempt_at: expect.any(String) },
    ]);
    const sent = await until(() =>
      Promise.resolve(mailbox.mails.find((mail) => JSON.stringify(mail.to).includes(email))),
    );
    expect(sent.subject).toBe('You have been invited');
    // in delivery until the server's answer has arrived
    await until(async () => (await retry(failed.id)).body.code === 'mail_not_found');
    expect((await retriedEvents()).at(-1)).toEqual({
      subject_id: invited.id,
      detail: { mail_id: failed.id, template: 'invitation' },
    });
    const { rows } = await service.database.query(
      "SELECT detail FROM audit_event WHERE actor_id = $1 AND type = 'mails.listed' LIMIT 1",
      [admin.id],
    );
    expect(rows).toEqual([{ detail: { state: 'failed' } }]);
  });

  it.each<[string, Record<string, string>]>([
    ['waiting', {}],
    ['failed', { failed_at: 'now()' }],
    ['sent', { sent_at: 'now()' }],
  ])('lists mails that are %s, page by page, each once, also while they are sent', async (state, columns) => {
    const all = await addMails(23, columns);
    await addMails(5, state === 'failed' ? { sent_at: 'now()' } : { failed_at: 'now()' });
    const found: string[] = [];
    for (let after = '', more = true; more;) {
      const { body } = await get(`mails?state=${state}&limit=4${after}`);
      found.push(...body.mails.map(({ id }: { id: string }) => id));
      after = `&after=${String(body.next)}`;
      more = body.next !== null;
      await service.database.query('DELETE FROM mail WHERE id = $1', [found.at(-1)]);
    }
    expect(found.toSorted()).toEqual(all.toSorted());
  });

  it('sends no mail again whose link has expired, that is sent, or that is being sent', async () => {
    const [expired] = await addMails(1, { expires_at: 'now()', failed_at: 'now()' });
    const [sent] = await addMails(1, { sent_at: 'now()' });
    const [taken] = await addMails(1, { taken_until: "now() + interval '1 minute'" });
    const [left] = await addMails(1, { taken_until: "now() - interval '1 second'", failed_at: 'now()' });
    const codes = [];
    for (const id of [expired, sent, taken, left]) {
      codes.push((await retry(String(id))).body.code);
    }
    expect(codes).toEqual(['mail_link_expired', 'mail_in_delivery', 'mail_in_delivery', undefined]);
  });

  it('sends a mail once that 20 requests send again', async () => {
    mailbox.refuse = { code: 550, message: 'no such mailbox' };
    const email = newEmail();
    await client.call('POST', '/auth/admin/invitations', { token: admin.accessToken, body: { email } });
    const failed = await until(async () => (await get('mails?state=failed')).body.mails[0]);
    mailbox.refuse = undefined;
    const answers = await Promise.all(Array.from({ length: 20 }, () => retry(failed.id)));
    expect(answers.every(({ status }) => [200, 404, 409].includes(status))).toBe(true);
    await until(async () => (await retry(failed.id)).status === 404);
    expect(mailbox.mails.filter((mail) => JSON.stringify(mail.to).includes(email))).toHaveLength(1);
  });

  it('reads index ranges, however many mails there are', async () => {
    await addMails(3000);
    await addMails(2000, { failed_at: 'now()' });
    await service.database.query('VACUUM ANALYZE mail');
    for (const state of ['sent_at IS NULL AND failed_at IS NULL', 'failed_at IS NOT NULL', 'sent_at IS NOT NULL']) {
      const { rows } = await service.database.query(
        `EXPLAIN SELECT id FROM mail WHERE ${state} AND (created_at, id) < (now(), gen_random_uuid())
         ORDER BY created_at DESC, id DESC LIMIT 50`,
      );
      const plan = rows.map((row) => row['QUERY PLAN'] as string).join('\n');
      expect(plan).toMatch(/mail_(waiting|failed|sent)_idx/);
      expect(plan).not.toContain('Seq Scan');
    }
  });

  it.each(['state=lost', 'limit=201', 'after=x', 'recipient=a'])('rejects the list by %s', async (query) => {
    expect((await get(`mails?${query}`)).body.code).toBe('validation_failed');
  });
});

describe('mail previews', () => {
  it('show each mail in each language, as it is sent', async () => {
    const { previews } = (await get('mail-previews')).body as {
      previews: { template: string; locale: string; subject: string }[];
    };
    expect(previews).toHaveLength(mailTemplates.length * locales.length);
    for (const { template, locale, subject } of previews) {
      const { status, body } = await get(`mail-previews/${template}?locale=${locale}`);
      expect([status, body.template, body.locale, body.subject]).toEqual([200, template, locale, subject]);
      expect(body.html).toContain(`<html lang="${locale}">`);
      expect(`${String(body.text)}${String(body.html)}`).not.toMatch(/\{\w+\}/);
    }
  });

  it.each(['mail-previews/nothing', 'mail-previews/invitation?locale=xx'])('reject %s', async (path) => {
    expect((await get(path)).body.code).toBe('validation_failed');
  });
});
