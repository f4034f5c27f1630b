import { beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, waitsSince, type Answer } from './support/client.ts';
import { Mailbox, sentMails, untilSent } from './support/mailbox.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';
import { hashesOf } from './support/work.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;

const nextPassword = 'amber-heron-reads-97-maps';

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  await holdLimits(service);
});

const post = (path: string, body: object, token?: string): Promise<Answer> =>
  client.call('POST', path, { body, ...(token === undefined ? {} : { token }) });
const verified = async (token: string) => (await client.me(token)).body.email_verified as boolean;
const expireTokens = () => service.database.query("UPDATE one_time_token SET expires_at = now() - interval '1 s'");
/** As if the limits of mails had expired. */
const resetLimits = () => service.database.query('DELETE FROM attempt');
/** A new account whose e-mail address is verified, with a session. */
const verifiedAccount = async () => {
  const account = await client.newAccount();
  await service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [account.email]);
  return account;
};
/** As if the mails until now had used up each limit that they count for. */
const useUpMailLimits = () =>
  service.database.query("UPDATE attempt SET blocked_until = now() + interval '15 min' WHERE key LIKE 'mail:%'");
const changeEmail = (token: string, email: string, password = strongPassword) =>
  client.call('PUT', '/auth/me/email', { token, body: { email, password } });
const invalid = [400, 'one_time_token_invalid'];

/** Some require the access token of the account too. */
const confirmations: Record<string, (token: string, accessToken?: string) => Promise<Answer>> = {
  'e-mail verification': (token) => post('/auth/email-verification/confirm', { token }),
  'password reset': (token) => post('/auth/password-reset/confirm', { token, password: nextPassword }),
  'magic link': (token) => post('/auth/magic-link/confirm', { token }),
  'e-mail change': (token, accessToken) =>
    client.call('POST', '/auth/email-change/confirm', {
      body: { token },
      ...(accessToken === undefined ? {} : { token: accessToken }),
    }),
};

/** Requests a mail of each kind for a new account, and returns the tokens in them. */
const requestAll = async () => {
  const account = await client.newAccount();
  const to = newEmail();
  await client.call('PUT', '/auth/me/email', {
    token: account.accessToken,
    body: { email: to, password: strongPassword },
  });
  await post('/auth/password-reset', { email: account.email });
  await post('/auth/magic-link', { email: account.email });
  const tokens: Record<string, string> = {
    'e-mail verification': await mailbox.token(account.email, /Confirm your e-mail/),
    'password reset': await mailbox.token(account.email, /new password/),
    'magic link': await mailbox.token(account.email, /link to sign in/),
    'e-mail change': await mailbox.token(to, /new e-mail address/),
  };
  return { account, to, tokens };
};

describe.each(Object.entries(confirmations))('a token for %s', (kind, confirm) => {
  it('works for no other purpose, and still works for its own afterwards', async () => {
    const { account, tokens } = await requestAll();
    for (const [other, confirmOther] of Object.entries(confirmations)) {
      if (other !== kind) {
        const answer = await confirmOther(tokens[kind] ?? '');
        expect([answer.status, answer.body.code]).toEqual(invalid);
      }
    }
    expect((await client.refresh(tokens[kind] ?? '')).status).toBe(401);
    expect([200, 204]).toContain((await confirm(tokens[kind] ?? '', account.accessToken)).status);
  });

  it('works for one of 20 concurrent uses', async () => {
    const { account, tokens } = await requestAll();
    const { accessToken } = account;
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(tokens[kind] ?? '', accessToken)));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ body }) => body?.code === 'one_time_token_invalid')).toHaveLength(19);
  });

  it('expires', async () => {
    const { tokens } = await requestAll();
    await expireTokens();
    const { status, body } = await confirm(tokens[kind] ?? '');
    expect([status, body.code]).toEqual(invalid);
  });
});

describe('e-mail verification', () => {
  it('verifies the e-mail address by the e-mail of the registration', async () => {
    const { email, accessToken } = await client.newAccount();
    expect(await verified(accessToken)).toBe(false);
    const token = await mailbox.token(email, /Confirm your e-mail/);
    const confirmed = await client.call('POST', '/auth/email-verification/confirm', {
      body: { token },
      token: accessToken,
    });
    expect(confirmed.status).toBe(204);
    expect(await verified(accessToken)).toBe(true);
  });

  it('resends the e-mail within limits, and sends none once verified', async () => {
    const { email, accessToken } = await client.newAccount();
    const resend = () => client.call('POST', '/auth/email-verification', { token: accessToken });
    const answers = await Promise.all(Array.from({ length: 10 }, resend));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
    const token = await mailbox.token(email, /Confirm your e-mail/);
    await post('/auth/email-verification/confirm', { token, password: strongPassword });
    await resetLimits();
    expect((await resend()).status).toBe(202);
    const { rows } = await service.database.query(
      "SELECT FROM one_time_token t JOIN account a ON a.id = account_id WHERE email = $1 AND purpose = 'email_verification'",
      [email],
    );
    expect(rows.length).toBeLessThanOrEqual(5);
  });

  it('ends with logging out everywhere', async () => {
    const { email, accessToken } = await client.newAccount();
    const token = await mailbox.token(email, /Confirm your e-mail/);
    expect((await client.call('POST', '/auth/logout-all', { token: accessToken })).status).toBe(204);
    const { status, body } = await post('/auth/email-verification/confirm', { token });
    expect([status, body.code]).toEqual(invalid);
  });
});

describe('password reset', () => {
  it('sets the new password, ends all sessions, verifies the e-mail address and notifies the owner', async () => {
    const { email, accessToken, refreshToken } = await client.newAccount();
    expect((await post('/auth/password-reset', { email: email.toUpperCase() })).status).toBe(202);
    const token = await mailbox.token(email, /new password/);
    expect((await confirmations['password reset']?.(token))?.status).toBe(204);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.refresh(refreshToken)).status).toBe(401);
    expect((await client.login(email)).status).toBe(401);
    const login = await client.newSession(email, nextPassword);
    expect(await verified(login.accessToken)).toBe(true);
    await mailbox.expect(email, /password was changed/);
  });

  it('lets the owner log in at once, after others have failed', async () => {
    const { email } = await client.newAccount();
    await Promise.all(Array.from({ length: 20 }, () => client.login(email, 'a wrong but long password')));
    expect((await client.login(email)).status).toBe(429);
    await client.call('POST', '/auth/password-reset', { body: { email } });
    const token = await mailbox.token(email, /new password/);
    const body = { token, password: 'amber-heron-reads-97-maps' };
    expect((await client.call('POST', '/auth/password-reset/confirm', { body })).status).toBe(204);
    expect((await client.login(email, body.password)).status).toBe(200);
  });

  it('responds the same, after the same hashes and no sooner, for an unknown e-mail address', async () => {
    const { email } = await client.newAccount();
    const observe = async (candidate: string) => {
      const answers: [number, unknown][] = [];
      const durations: number[] = [];
      const hashes = await hashesOf(service, async () => {
        while (answers.length < 3) {
          const started = performance.now();
          const { status, body } = await post('/auth/password-reset', { email: candidate });
          durations.push(performance.now() - started);
          answers.push([status, body]);
        }
      });
      const { rows } = await service.database.query(
        "SELECT detail FROM audit_event WHERE type = 'link.requested' ORDER BY id DESC LIMIT 3",
      );
      return { answers, hashes, isConcealed: Math.min(...durations) >= 150, audited: rows.map(({ detail }) => detail) };
    };
    const known = await observe(email);
    expect(known).toEqual({
      answers: Array(3).fill([202, undefined]),
      hashes: {},
      isConcealed: true,
      audited: Array(3).fill({ purpose: 'password_reset' }),
    });
    await service.database.query("DELETE FROM attempt WHERE key LIKE 'password_reset:%'");
    expect(await observe(newEmail())).toEqual(known);
  });

  it.each([
    ['first', 0, 1],
    ['second', 1, 0],
  ])('ends the other link of two when the %s is used', async (_name, used, other) => {
    const { email } = await verifiedAccount();
    await post('/auth/password-reset', { email });
    await post('/auth/password-reset', { email });
    const links = () => mailbox.to(email).filter(({ subject }) => subject?.includes('new password'));
    while (links().length < 2) {
      await sleep(50);
    }
    const tokens = links().map(({ text }) => /token=(ot_[\w-]{43})/.exec(text ?? '')?.[1] ?? '');
    const confirm = (token = '', password = nextPassword) => post('/auth/password-reset/confirm', { token, password });
    expect((await confirm(tokens[used])).status).toBe(204);
    const { status, body } = await confirm(tokens[other], strongPassword);
    expect([status, body.code]).toEqual(invalid);
    expect((await client.login(email, nextPassword)).status).toBe(200);
  });

  it('ends a login that waits for its second factor', async () => {
    const { email, recoveryCodes } = await newEnrolledAccount(client);
    await service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
    const { mfa_token } = (await client.login(email)).body;
    await post('/auth/password-reset', { email });
    const token = await mailbox.token(email, /new password/);
    expect((await confirmations['password reset']?.(token))?.status).toBe(204);
    const { status, body } = await post('/auth/login/mfa', { mfa_token, code: recoveryCodes[0] });
    expect([status, body.code]).toEqual([401, 'mfa_token_invalid']);
  });

  it('does not use up the token if the new password is rejected', async () => {
    const { email } = await client.newAccount();
    await post('/auth/password-reset', { email });
    const token = await mailbox.token(email, /new password/);
    const weak = await post('/auth/password-reset/confirm', { token, password: 'password1' });
    expect(weak.body.code).toBe('password_too_weak');
    expect((await confirmations['password reset']?.(token))?.status).toBe(204);
  });

  it('limits e-mails to known and unknown e-mail addresses alike', async () => {
    for (const email of [newEmail(), (await client.newAccount()).email]) {
      await resetLimits();
      const answers = await Promise.all(Array.from({ length: 10 }, () => post('/auth/password-reset', { email })));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    }
    await resetLimits();
  });
});

describe('an invitation is of no use once the account has a password', () => {
  const ways: Record<string, (email: string) => Promise<unknown>> = {
    'by a password reset': async (email) => {
      await post('/auth/password-reset', { email });
      await confirmations['password reset']?.(await mailbox.token(email, /new password/));
    },
    'by anything that leaves the invitation': async (email) => {
      const donor = newEmail();
      await client.register(donor, nextPassword);
      await service.database.query(
        `UPDATE account a SET password_hash = d.password_hash, email_verified_at = now()
         FROM account d WHERE a.email = $1 AND d.email = $2`,
        [email, donor],
      );
    },
  };

  it.each(Object.entries(ways))('%s', async (_name, setPassword) => {
    const { accessToken } = await newAdmin(service);
    const email = newEmail();
    await post('/auth/admin/invitations', { email }, accessToken);
    const token = await mailbox.token(email, /invited/);
    await setPassword(email);
    const { status, body } = await post('/auth/invitations/accept', { token, password: strongPassword });
    expect([status, body.code]).toEqual(invalid);
    expect((await client.login(email, nextPassword)).status).toBe(200);
  });
});

it.each(['password-reset', 'magic-link'])(
  'requests for a %s from one IP address are limited over all e-mail addresses',
  async (path) => {
    await resetLimits();
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(`/auth/${path}`, { email: newEmail() })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(20);
    expect(answers.filter(({ body }) => body?.code === 'too_many_attempts')).toHaveLength(10);
    await resetLimits();
  },
);

describe('magic link', () => {
  it('logs in without a password, and verifies the e-mail address', async () => {
    const { email } = await client.newAccount();
    expect((await post('/auth/magic-link', { email })).status).toBe(202);
    const { status, body, headers } = await post('/auth/magic-link/confirm', {
      token: await mailbox.token(email, /link to sign in/),
    });
    expect(status).toBe(200);
    expect(await verified(body.access_token)).toBe(true);
    expect(headers.get('set-cookie')).toMatch(/^device=/);
  });

  it('is not sent to an unknown e-mail address', async () => {
    const email = newEmail();
    expect((await post('/auth/magic-link', { email })).status).toBe(202);
    await mailbox.expect((await client.newAccount()).email, /Confirm/);
    expect(mailbox.to(email)).toEqual([]);
  });
});

describe('e-mail change', () => {
  it('sends an e-mail to both e-mail addresses, and changes nothing until the new one is confirmed', async () => {
    const { email, accessToken } = await verifiedAccount();
    const to = newEmail();
    expect((await changeEmail(accessToken, to)).status).toBe(202);
    expect((await mailbox.expect(email, /about to change/)).text).toContain(to);
    expect((await client.me(accessToken)).body.email).toBe(email);
    const token = await mailbox.token(to, /new e-mail address/);
    expect((await confirmations['e-mail change']?.(token, accessToken))?.status).toBe(204);
    expect((await client.me(accessToken)).body).toMatchObject({ email: to, email_verified: true });
    expect((await client.login(to)).status).toBe(200);
    expect((await client.login(email)).status).toBe(401);
  });

  it('requires the password', async () => {
    const { accessToken } = await client.newAccount();
    expect((await changeEmail(accessToken, newEmail(), 'not-the-password')).body.code).toBe('password_incorrect');
  });

  it('is confirmed by a session of the account or its password, and by nothing less', async () => {
    const [holder, other] = [await verifiedAccount(), await verifiedAccount()];
    const confirm = async (body: object, token?: string) => {
      const answer = await client.call('POST', '/auth/email-change/confirm', { body, ...(token ? { token } : {}) });
      return [answer.status, answer.body?.code];
    };
    for (const proof of [{ password: strongPassword }, {}]) {
      const [{ email }, to] = [(await client.me(holder.accessToken)).body, newEmail()];
      await changeEmail(holder.accessToken, to);
      const link = { token: await mailbox.token(to, /new e-mail address/) };
      // the person who receives the mail, with or without an account of their own
      expect(await confirm(link)).toEqual([403, 'reauthentication_required']);
      expect(await confirm(link, other.accessToken)).toEqual([403, 'reauthentication_required']);
      expect(await confirm({ ...link, password: nextPassword })).toEqual([403, 'password_incorrect']);
      expect(await confirm(link, `${holder.accessToken}x`)).toEqual([401, 'token_invalid']);
      expect((await client.me(holder.accessToken)).body.email).toBe(email);
      const bySession = 'password' in proof ? undefined : holder.accessToken;
      expect(await confirm({ ...link, ...proof }, bySession)).toEqual([204, undefined]);
      expect((await client.me(holder.accessToken)).body).toMatchObject({ email: to, email_verified: true });
    }
  });

  it('gives nobody an account that others open with their e-mail address', async () => {
    const [attacker, victim] = [await verifiedAccount(), newEmail()];
    await changeEmail(attacker.accessToken, victim);
    const token = await mailbox.token(victim, /new e-mail address/);
    expect((await post('/auth/email-change/confirm', { token })).status).toBe(403);
    expect((await client.login(victim)).status).toBe(401);
    // the e-mail address is still free
    expect((await client.register(victim, nextPassword)).status).toBe(201);
    expect((await client.me((await client.newSession(victim, nextPassword)).accessToken)).body.email).toBe(victim);
    expect((await client.me(attacker.accessToken)).body.email).toBe(attacker.email);
  });

  it('keeps the device known on which it is confirmed', async () => {
    const [{ accessToken, cookie }, to] = [await verifiedAccount(), newEmail()];
    await changeEmail(accessToken, to);
    const confirmed = await client.call('POST', '/auth/email-change/confirm', {
      body: { token: await mailbox.token(to, /new e-mail address/) },
      token: accessToken,
      headers: { cookie },
    });
    const renewed = confirmed.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    expect((await client.login(to, strongPassword, renewed)).status).toBe(200);
    const notices = () => sentMails(service, mailbox, to, 'Sign-in on a new device');
    expect(await notices()).toHaveLength(0);
    expect((await client.login(to, strongPassword, cookie)).status).toBe(200);
    expect(await notices()).toHaveLength(1);
  });

  it('tells nobody but its owner that the new e-mail address is taken', async () => {
    const [taken, changer] = await Promise.all([client.newAccount(), client.newAccount()]);
    expect((await changeEmail(changer.accessToken, taken.email)).status).toBe(202);
    const { status, body } = (await confirmations['e-mail change']?.(
      await mailbox.token(taken.email, /new e-mail address/),
      changer.accessToken,
    )) as Answer;
    expect([status, body.code]).toEqual([409, 'email_taken']);
    expect((await client.me(changer.accessToken)).body.email).toBe(changer.email);
  });

  it('invalidates links sent to the old e-mail address', async () => {
    const { account, tokens } = await requestAll();
    const changed = await confirmations['e-mail change']?.(tokens['e-mail change'] ?? '', account.accessToken);
    expect(changed?.status).toBe(204);
    for (const kind of ['password reset', 'magic link', 'e-mail verification']) {
      const answer = await confirmations[kind]?.(tokens[kind] ?? '');
      expect([answer?.status, answer?.body.code]).toEqual(invalid);
    }
  });
});

describe('mails', () => {
  it('to one recipient are limited over all accounts that change their e-mail address, and each account is', async () => {
    const victim = newEmail();
    const change = (token: string) =>
      client.call('PUT', '/auth/me/email', { token, body: { email: victim, password: strongPassword } });
    const statuses: number[] = [];
    for (const { accessToken } of [await client.newAccount(), await client.newAccount()]) {
      for (let i = 0; i < 10; i += 1) {
        statuses.push((await change(accessToken)).status);
      }
    }
    const accepted = statuses.filter((status) => status === 202).length;
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
    expect(accepted).toBeLessThan(14);
    await untilSent(service, victim);
    expect(mailbox.to(victim).length).toBeGreaterThan(4);
    expect(mailbox.to(victim).length).toBeLessThan(9);
  });

  it('to one person are limited over all e-mail addresses that differ in a tag after a plus', async () => {
    const [name] = newEmail().split('@');
    const began = Date.now();
    for (const { accessToken } of [await client.newAccount(), await client.newAccount()]) {
      for (let i = 0; i < 5; i += 1) {
        const to = `${name}+${randomUUID()}@example.com`;
        expect((await changeEmail(accessToken, to)).status).toBe(202);
      }
    }
    await untilSent(service, `${name}+%`);
    expect(mailbox.to(`${name}+`).length).toBeGreaterThan(4);
    expect(mailbox.to(`${name}+`).length).toBeLessThanOrEqual(6 + waitsSince(began));
  });

  it('that strangers cause do not suppress those that an admin causes', async () => {
    const [stranger, victim, admin] = [await client.newAccount(), await client.newAccount(), await newAdmin(service)];
    const { id } = (await client.me(victim.accessToken)).body;
    const guest = newEmail();
    await post('/auth/magic-link', { email: victim.email });
    await changeEmail(stranger.accessToken, victim.email);
    await changeEmail(stranger.accessToken, guest);
    await useUpMailLimits();
    const options = { token: admin.accessToken };
    expect((await client.call('POST', `/auth/admin/accounts/${id}/password-reset`, options)).status).toBe(204);
    await mailbox.expect(victim.email, /Set a new password/);
    await post('/auth/admin/invitations', { email: guest }, admin.accessToken);
    await mailbox.expect(guest, /invited/);
  });

  it('about changes of e-mail addresses do not suppress the links that an owner requests', async () => {
    const [stranger, owner] = [await client.newAccount(), await client.newAccount()];
    await resetLimits();
    await changeEmail(stranger.accessToken, owner.email);
    await useUpMailLimits();
    await post('/auth/magic-link', { email: owner.email });
    await mailbox.expect(owner.email, /link to sign in/);
  });

  it('that only tell what happened do not go to an unverified e-mail address', async () => {
    const { email, accessToken, cookie } = await client.newAccount();
    await client.login(email);
    await client.call('PUT', '/auth/me/email', {
      token: accessToken,
      body: { email: newEmail(), password: strongPassword },
    });
    await client.call('PUT', '/auth/me/password', {
      token: accessToken,
      body: { current_password: strongPassword, new_password: nextPassword },
    });
    await client.login(email, nextPassword, cookie);
    await mailbox.expect(email, /Confirm your e-mail/);
    await sleep(1500);
    expect(mailbox.to(email).map(({ subject }) => subject)).toEqual(['Confirm your e-mail address']);
  });

  it('about a new device come once a day for a client without cookies, even of concurrent logins', async () => {
    const { email } = await verifiedAccount();
    await Promise.all(Array.from({ length: 20 }, () => client.login(email)));
    await client.login(email);
    await mailbox.expect(email, /new device/);
    await sleep(1500);
    expect(mailbox.to(email).filter(({ subject }) => subject?.includes('new device'))).toHaveLength(1);
  });

  it('about a new device quote nothing that the client wrote', async () => {
    const { email } = await verifiedAccount();
    for (let i = 0; i < 12; i += 1) {
      await client.call('POST', '/auth/login', {
        body: { email, password: strongPassword },
        headers: { 'user-agent': `Restore it now at https://login${String(i)}.example.com/` },
      });
    }
    const mail = await mailbox.expect(email, /new device/);
    expect(mail.text).toContain('unknown device');
    expect(mail.text).not.toContain('Restore');
    await sleep(1500);
    expect(mailbox.to(email).filter(({ subject }) => subject?.includes('new device'))).toHaveLength(1);
  });
});

describe('a login on a device', () => {
  it('notifies the owner of a login on a new device, not of one on the first or a known device', async () => {
    const { email, cookie } = await verifiedAccount();
    await client.login(email, strongPassword, cookie);
    await client.call('POST', '/auth/login', {
      body: { email, password: strongPassword },
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' },
    });
    const mail = await mailbox.expect(email, /new device/);
    expect(mail.text).toMatch(/Firefox on Linux, from the IP address 127\.0\.0\.1/);
    expect(mailbox.to(email).filter(({ subject }) => subject?.includes('new device'))).toHaveLength(1);
  });

  it('can be ended, with all others, from this one', async () => {
    const { email, accessToken } = await client.newAccount();
    const other = await client.newSession(email);
    expect((await client.call('POST', '/auth/logout-others', { token: accessToken })).status).toBe(204);
    expect((await client.me(other.accessToken)).status).toBe(401);
    expect((await client.me(accessToken)).status).toBe(200);
  });
});
