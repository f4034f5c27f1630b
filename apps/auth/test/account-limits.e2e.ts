import { beforeAll, describe, expect, it } from 'vitest';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { command } from './support/command.ts';
import { meet, untilWaiting } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

const wrong = 'a wrong but long password';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  await holdLimits(service);
  admin = await newAdmin(service);
});

/** Sends a request until it is limited. */
async function exhaust(send: () => Promise<Answer>): Promise<void> {
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429 && statuses.length < 40) {
    statuses.push((await send()).status);
  }
  expect(statuses).toContain(429);
}

/** An account whose limits are all used up: requests that fail, and those of its owner that are then blocked. */
async function blockedAccount() {
  const { app, recoveryCodes, ...owner } = await newEnrolledAccount(client);
  const { email, accessToken: token } = owner;
  const { id } = (await client.me(token)).body;
  const challenge = async (device?: string) =>
    String((await client.login(email, strongPassword, device)).body.mfa_token);
  const answer = (mfa_token: string, code: string) =>
    client.call('POST', '/auth/login/mfa', { body: { mfa_token, code } });
  const known = await answer(await challenge(), recoveryCodes[3] ?? '');
  const cookie = known.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const [onDevice, elsewhere] = [await challenge(cookie), await challenge()];
  const stepUp = (code: string) => client.call('POST', '/auth/mfa/step-up', { token, body: { code } });
  const exportData = () => client.call('GET', '/auth/me/export', { token });
  const changeEmail = (password: string) =>
    client.call('PUT', '/auth/me/email', { token, body: { email: newEmail(), password } });
  const requestLink = () => client.call('POST', '/auth/password-reset', { body: { email } });
  const verify = () => client.call('POST', '/auth/email-verification', { token });

  await exhaust(async () => answer(await challenge(cookie), app.wrongCode()));
  await exhaust(async () => answer(await challenge(), app.wrongCode()));
  await exhaust(() => stepUp(app.wrongCode()));
  await exhaust(() => changeEmail(wrong));
  await exhaust(exportData);
  await exhaust(verify);
  await exhaust(requestLink);
  await exhaust(() => client.login(email, wrong, cookie));
  await exhaust(() => client.login(email, wrong));

  const requests = {
    'a login on a known device': () => client.login(email, strongPassword, cookie),
    'a login elsewhere': () => client.login(email),
    'a code on a known device': () => answer(onDevice, recoveryCodes[0] ?? ''),
    'a code elsewhere': () => answer(elsewhere, recoveryCodes[1] ?? ''),
    'a code in a session': () => stepUp(recoveryCodes[2] ?? ''),
    'an export': exportData,
    'a link to verify': verify,
    'a link to reset': requestLink,
    'a password in a session': () => changeEmail(strongPassword),
  };
  return { id: String(id), email, requests };
}

const statuses = async (requests: Record<string, () => Promise<Answer>>) => {
  const results: [string, boolean][] = [];
  for (const [name, send] of Object.entries(requests)) {
    results.push([name, (await send()).status < 300]);
  }
  return results;
};
const lift = (id: string, token = admin.accessToken) =>
  client.call('DELETE', `/auth/admin/accounts/${id}/rate-limits`, { token });
const keys = async () => {
  const { rows } = await service.database.query('SELECT key FROM attempt ORDER BY key');
  return rows.map(({ key }) => key as string);
};
const trail = async (id: string) => {
  const { rows } = await service.database.query(
    "SELECT actor_id AS actor, detail FROM audit_event WHERE subject_id = $1 AND type = 'account.limits_lifted'",
    [id],
  );
  return rows;
};

describe('an admin', () => {
  it('lifts all limits of an account, and those of no other and of no IP address', async () => {
    const other = newEmail();
    await exhaust(() => client.login(other, wrong));
    const before = await keys();
    const { id, requests } = await blockedAccount();
    const blocked = (await keys()).filter((key) => !before.includes(key) && !key.includes(':address:'));
    expect((await statuses(requests)).filter(([, isOpen]) => isOpen)).toEqual([]);
    expect((await lift(id)).status).toBe(204);
    expect((await keys()).filter((key) => blocked.includes(key))).toEqual([]);
    expect(
      before.filter((key) => key.includes(':address:') || key.startsWith('login:account:')).length,
    ).toBeGreaterThan(1);
    expect(await keys()).toEqual(expect.arrayContaining(before));
    expect((await client.login(other, wrong)).status).toBe(429);
    expect(await trail(id)).toEqual([{ actor: admin.id, detail: { limits: blocked.length } }]);
    expect((await statuses(requests)).filter(([, isOpen]) => !isOpen)).toEqual([]);
  });

  it('needs the role and an account', async () => {
    const { accessToken } = await client.newAccount();
    const { id } = (await client.me(accessToken)).body;
    expect((await lift(String(id), accessToken)).status).toBe(403);
    expect((await lift('0199f2c4-0000-7000-8000-000000000001')).body.code).toBe('account_not_found');
    expect((await lift('me')).status).toBe(400);
  });

  it('lifts limits while they are in use', async () => {
    const admins = await newAdmin(service);
    const { email, accessToken, cookie } = await client.newAccount();
    const { id } = (await client.me(accessToken)).body;
    const requests = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? lift(String(id), admins.accessToken) : client.login(email, wrong, i % 3 === 1 ? cookie : undefined),
    );
    const codes = new Set((await Promise.all(requests)).map(({ status }) => status));
    expect([...codes].filter((status) => ![204, 401, 429].includes(status))).toEqual([]);
  });

  it('lifts limits while a link of the account is used with a password', async () => {
    const { accessToken: token } = await client.newAccount();
    const id = String((await client.me(token)).body.id);
    const to = newEmail();
    await client.call('PUT', '/auth/me/email', { token, body: { email: to, password: strongPassword } });
    const body = { token: await mailbox.token(to, /new e-mail address/), password: wrong };
    const confirm = () => client.call('POST', '/auth/email-change/confirm', { body });
    expect((await confirm()).status).toBe(403);
    const answers = await meet(
      service,
      (database) => database.query('SELECT FROM attempt WHERE key = $1 FOR UPDATE', [`password:account:${id}`]),
      [
        () => lift(id),
        async () => {
          await untilWaiting(service.database, 1);
          return confirm();
        },
      ],
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 403]);
  });
});

describe('accounts lift-limits', () => {
  it('lifts all limits of an account by its e-mail address', async () => {
    const { email, accessToken } = await client.newAccount();
    const { id } = (await client.me(accessToken)).body;
    await exhaust(() => client.login(email, wrong));
    const { code, output } = await command(service.databaseUrl, ['accounts', 'lift-limits', email.toUpperCase()]);
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^lifted \d limits of user-\w+@example\.com \([\w-]{36}\)\n$/),
    ]);
    expect((await client.login(email)).status).toBe(200);
    expect(await trail(String(id))).toEqual([{ actor: null, detail: { limits: expect.any(Number) } }]);
  });

  it('fails without an account', async () => {
    const { code, errors } = await command(service.databaseUrl, ['accounts', 'lift-limits', newEmail()]);
    expect([code, errors]).toEqual([1, 'Account not found\n']);
  });
});
