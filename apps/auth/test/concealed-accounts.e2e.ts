import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { requestIds } from '../../../libs/common/src/logging/request-log.ts';
import { loadAuthConfig } from '../src/config.ts';
import { Client, newEmail, waitsSince } from './support/client.ts';
import { Mailbox, untilSent } from './support/mailbox.ts';
import { startTestService, strongPassword, testEnvironment, type TestService } from './support/service.ts';
import { hashesOf } from './support/work.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
const settings = () => ({ SMTP_URL: mailbox.url, REQUIRE_VERIFIED_EMAIL: 'true', CONCEAL_TAKEN_EMAILS: 'true' });

/** The statements of requests since the last reset. */
let sent: string[] = [];
// eslint-disable-next-line @typescript-eslint/unbound-method
const original = pg.Client.prototype.query;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService(settings());
  client = new Client(service.url);
  pg.Client.prototype.query = function (this: pg.Client, ...call: unknown[]) {
    const { text = call[0] } = Object(call[0]);
    if (typeof text === 'string' && requestIds().request_id !== undefined) {
      sent.push(/\/\* (\S+)/.exec(text)?.[1] ?? text);
    }
    return (original as (...call: unknown[]) => unknown).apply(this, call);
  } as typeof original;
});
afterAll(() => {
  pg.Client.prototype.query = original;
});

const exists = /already have an account/;
const confirmation = /e-mail address/i;

/** What a caller sees of a request, and which statements it takes. */
async function observe(request: () => ReturnType<Client['call']>) {
  sent = [];
  const { status, body } = await request();
  return { seen: [status, body?.code], statements: sent };
}

/** A verified account with a session. */
async function newAccount() {
  const email = newEmail();
  await client.register(email);
  const body = { token: await mailbox.token(email, confirmation), password: strongPassword };
  expect((await client.call('POST', '/auth/email-verification/confirm', { body })).status).toBe(204);
  return client.newSession(email);
}

describe('registration', () => {
  it('responds alike, by the same statements, for free and for taken e-mail addresses', async () => {
    const { email } = await newAccount();
    const unverified = newEmail();
    const [free, pending, taken] = [
      await observe(() => client.register(unverified)),
      await observe(() => client.register(unverified)),
      await observe(() => client.register(email.toUpperCase())),
    ];
    expect(free.seen).toEqual([202, undefined]);
    expect([pending, taken]).toEqual([free, free]);
    const { rows } = await service.database.query('SELECT id FROM account WHERE lower(email) = $1', [email]);
    expect(rows).toHaveLength(1);
  });

  it('sends a taken e-mail address a link that sets a new password, in the language of the account', async () => {
    const { email } = await newAccount();
    await service.database.query("UPDATE account SET locale = 'fr' WHERE email = $1", [email]);
    await client.register(email, 'amber-heron-reads-97-maps');
    expect((await client.login(email)).status).toBe(200);
    const token = await mailbox.token(email, /Vous avez déjà un compte/);
    const body = { token, password: 'copper-badger-waits-11-days' };
    expect((await client.call('POST', '/auth/password-reset/confirm', { body })).status).toBe(204);
    expect((await client.login(email, body.password)).status).toBe(200);
  });

  it('tells nothing by a login with the password of the registration', async () => {
    const { email } = await newAccount();
    const [free, password] = [newEmail(), 'amber-heron-reads-97-maps'];
    await client.register(free, password);
    await client.register(email, password);
    const [registered, taken, unknown] = [
      await observe(() => client.login(free, password)),
      await observe(() => client.login(email, password)),
      await observe(() => client.login(newEmail(), password)),
    ];
    expect(registered.seen).toEqual([401, 'credentials_invalid']);
    expect([taken, unknown]).toEqual([registered, registered]);
  });

  it('tells nothing by the kind of hash that a login verifies before and after it', async () => {
    const { email } = await newAccount();
    await service.database.query(
      "UPDATE account SET password_hash = '$2b$04$' || repeat('a', 21) || 'u' || repeat('A', 31)",
    );
    // reads the kinds of hashes that accounts have now: only bcrypt
    const other = await startTestService({ ...settings(), DATABASE_URL: service.databaseUrl });
    const caller = new Client(other.url);
    for (const to of [newEmail(), email]) {
      const kinds = () => hashesOf(other, () => caller.login(to, 'amber-heron-reads-97-maps'));
      const before = await kinds();
      await caller.register(to, 'amber-heron-reads-97-maps');
      expect([before, await kinds()]).toEqual([{ bcrypt: 1 }, { bcrypt: 1 }]);
    }
  });

  it('creates one account for many registrations at once, and limits the mails', async () => {
    const email = newEmail();
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.register(email)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const { rows } = await service.database.query('SELECT id FROM account WHERE email = $1', [email]);
    expect(rows).toHaveLength(1);
    await mailbox.expect(email, exists);
    await untilSent(service, email);
    // the one that verifies, six at once, and one after each delay
    expect(mailbox.to(email).length).toBeLessThanOrEqual(7 + waitsSince(began));
  });
});

describe('a change of the e-mail address', () => {
  it('responds alike for a taken one, whose owner gets a mail without the link of the change', async () => {
    const [owner, { accessToken: token }] = [await newAccount(), await newAccount()];
    const change = (email: string) =>
      client.call('PUT', '/auth/me/email', { token, body: { email, password: strongPassword } });
    const free = await observe(() => change(newEmail()));
    const taken = await observe(() => change(owner.email));
    expect(taken).toEqual(free);
    await mailbox.expect(owner.email, exists);
    expect(mailbox.to(owner.email).some(({ subject }) => (subject ?? '').includes('new e-mail address'))).toBe(false);
  });

  it('leaves alike traces in the caller’s own export, and none that changes anything', async () => {
    const [owner, { accessToken: token }] = [await newAccount(), await newAccount()];
    await service.database.query("UPDATE account SET locale = 'fr' WHERE email = $1", [owner.email]);
    mailbox.refuse = { code: 451, message: 'later' };
    const traces = [];
    for (const email of [newEmail(), owner.email.toUpperCase()]) {
      const body = { email, password: strongPassword };
      expect((await client.call('PUT', '/auth/me/email', { token, body })).status).toBe(202);
      const exported = await client.call('GET', '/auth/me/export', { token });
      const { one_time_tokens: tokens, mails } = JSON.parse(
        JSON.stringify(exported.body)
          .replaceAll(email, 'new')
          .replaceAll(/\d{4}-\d\d-\d\dT[^"]+/g, 'time'),
      );
      traces.push({ tokens, mails: mails.filter(({ recipient }: { recipient: string }) => recipient === 'new') });
    }
    mailbox.refuse = undefined;
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[1]).toMatchObject({ tokens: [{ purpose: 'email_change' }], mails: [{ template: 'email_change' }] });
    await service.database.query('UPDATE mail SET next_attempt_at = now()');
    const link = await mailbox.token(owner.email, /Vous avez déjà un compte/);
    const confirm = { token: link, password: strongPassword };
    expect((await client.call('POST', '/auth/email-change/confirm', { body: confirm })).status).toBe(400);
    const password = 'copper-badger-waits-11-days';
    const reset = await client.call('POST', '/auth/password-reset/confirm', { body: { token: link, password } });
    expect(reset.status).toBe(204);
    expect((await client.login(owner.email, password)).status).toBe(200);
  });
});

it('needs logins of verified e-mail addresses only', () => {
  const incomplete = testEnvironment({ DATABASE_URL: service.databaseUrl, CONCEAL_TAKEN_EMAILS: 'true' });
  expect(() => loadAuthConfig(incomplete)).toThrow('CONCEAL_TAKEN_EMAILS: needs REQUIRE_VERIFIED_EMAIL');
});
