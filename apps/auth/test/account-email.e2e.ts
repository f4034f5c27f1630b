import { beforeAll, describe, expect, it } from 'vitest';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const outcome = ({ status, body }: Answer) => [status, body?.code];
const call = (method: string, path: string, body?: object) =>
  client.call(method, `/auth/admin${path}`, { token: admin.accessToken, ...(body ? { body } : {}) });
const change = (id: string, email: string, verified?: boolean) =>
  call('PUT', `/accounts/${id}/email`, { email, ...(verified === undefined ? {} : { verified }) });
const verify = (id: string) => call('POST', `/accounts/${id}/email-verification`);
const newUser = async (isVerified = true) => {
  const user = await client.newAccount();
  const id = (await client.me(user.accessToken)).body.id as string;
  if (isVerified) {
    expect((await verify(id)).status).toBe(200);
  }
  return { ...user, id };
};
const trail = async (subjectId: string) => {
  const { rows } = await service.database.query<{ type: string }>(
    'SELECT type FROM audit_event WHERE subject_id = $1 AND actor_id = $2 ORDER BY occurred_at, id',
    [subjectId, admin.id],
  );
  return rows.map(({ type }) => type);
};

it('an admin marks an e-mail address as verified, and the password and sessions stay', async () => {
  const { id, email, accessToken } = await newUser(false);
  const answer = await verify(id);
  expect([answer.status, answer.body.email_verified_at]).toEqual([200, expect.any(String)]);
  expect((await verify(id)).body).toEqual(answer.body);
  expect((await client.me(accessToken)).body.email_verified).toBe(true);
  expect((await client.login(email)).status).toBe(200);
  expect(await trail(id)).toEqual(['email.verified', 'email.verified']);
});

it('an admin changes an e-mail address: sessions and links of before end, both e-mail addresses are told, the password stays', async () => {
  const { id, email, accessToken, refreshToken } = await newUser();
  const [own, next] = [newEmail(), newEmail()];
  const ownChange = { token: accessToken, body: { email: own, password: strongPassword } };
  expect((await client.call('PUT', '/auth/me/email', ownChange)).status).toBe(202);
  await client.call('POST', '/auth/password-reset', { body: { email } });
  const changeToken = await mailbox.token(own, /new e-mail address/);
  const reset = { token: await mailbox.token(email, /new password/), password: 'amber-heron-reads-97-maps' };

  const answer = await change(id, next);
  expect([answer.status, answer.body.email, answer.body.email_verified_at]).toEqual([200, next, null]);
  expect((await client.me(accessToken)).status).toBe(401);
  expect((await client.refresh(refreshToken)).status).toBe(401);
  const confirmed = await client.call('POST', '/auth/email-change/confirm', { body: { token: changeToken } });
  const wasReset = await client.call('POST', '/auth/password-reset/confirm', { body: reset });
  expect([confirmed, wasReset].map(outcome)).toEqual([
    [400, 'one_time_token_invalid'],
    [400, 'one_time_token_invalid'],
  ]);
  expect((await client.login(email)).status).toBe(401);
  const session = await client.newSession(next);
  expect((await mailbox.expect(email, /was changed/)).text).toContain(next);
  const token = await mailbox.token(next, /Confirm your e-mail address/);
  const holder = { body: { token }, token: session.accessToken };
  expect((await client.call('POST', '/auth/email-verification/confirm', holder)).status).toBe(204);
  expect((await client.me(session.accessToken)).body).toMatchObject({ email: next, email_verified: true });
  expect(await trail(id)).toEqual(['email.verified', 'session.revoked', 'email.changed']);
});

it('an admin who knows the new e-mail address marks it as verified, and it is told', async () => {
  const { id, email } = await newUser();
  const next = newEmail();
  const answer = await change(id, next, true);
  expect([answer.status, answer.body.email_verified_at]).toEqual([200, expect.any(String)]);
  await mailbox.expect(email, /was changed/);
  expect((await mailbox.expect(next, /was changed/)).text).toContain(email);
  const upper = await change(id, next.toUpperCase());
  expect(upper.body).toEqual({ ...answer.body, email: next.toUpperCase() });
});

it('an unverified e-mail address gets no notice of its change', async () => {
  const { id, email } = await newUser(false);
  const next = newEmail();
  // A mail that has not left by then is never sent: its link has ended.
  await mailbox.expect(email, /Confirm your e-mail address/);
  expect((await change(id, next)).status).toBe(200);
  await mailbox.token(next, /Confirm your e-mail address/);
  expect(mailbox.to(email).map(({ subject }) => subject)).toEqual(['Confirm your e-mail address']);
});

it('an e-mail address is rejected if it is taken, invalid, or not verified and an admin’s', async () => {
  const [user, other] = [await newUser(), await newUser()];
  const unknown = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';
  expect(outcome(await change(user.id, other.email.toUpperCase(), true))).toEqual([409, 'email_taken']);
  expect(outcome(await change(user.id, 'nobody'))).toEqual([400, 'validation_failed']);
  expect(outcome(await change(unknown, newEmail()))).toEqual([404, 'account_not_found']);
  expect(outcome(await verify(unknown))).toEqual([404, 'account_not_found']);
  const colleague = await newAdmin(service);
  expect(outcome(await change(colleague.id, newEmail()))).toEqual([409, 'admin_email_unverified']);
  expect((await change(colleague.id, newEmail(), true)).status).toBe(200);
});

it('of 20 concurrent changes to one e-mail address one succeeds', async () => {
  const users = await Promise.all(Array.from({ length: 20 }, () => newUser(false)));
  const email = newEmail();
  const answers = await Promise.all(users.map(({ id }) => change(id, email)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body: answer }) => answer.code === 'email_taken')).toHaveLength(19);
});

describe('the second factor of an account that had a verified e-mail address', () => {
  const nextPassword = 'amber-heron-reads-97-maps';
  const post = (path: string, body: object) => client.call('POST', `/auth/${path}`, { body });
  const reset = async (email: string) => {
    await post('password-reset', { email });
    const token = await mailbox.token(email, /new password/);
    expect((await post('password-reset/confirm', { token, password: nextPassword })).status).toBe(204);
    return client.login(email, nextPassword);
  };
  const ways: Record<string, (email: string) => Promise<Answer>> = {
    'a password reset': reset,
    'the link that verifies it': async (email) => {
      const token = await mailbox.token(email, /Confirm your e-mail address/);
      expect((await post('email-verification/confirm', { token })).status).toBe(204);
      expect((await client.login(email)).body.mfa_token).toEqual(expect.any(String));
      return reset(email);
    },
    'a link to sign in': async (email) => {
      await post('magic-link', { email });
      return post('magic-link/confirm', { token: await mailbox.token(email, /link to sign in/) });
    },
  };

  it.each(Object.entries(ways))('stays in the way of the new mailbox with %s', async (_name, open) => {
    const { accessToken, recoveryCodes } = await newEnrolledAccount(client);
    const { id } = (await client.me(accessToken)).body;
    await verify(id);
    const next = newEmail();
    expect((await change(id, newEmail())).status).toBe(200);
    expect((await change(id, next)).body.email_verified_at).toBeNull();
    const login = await open(next);
    expect([login.status, Object.keys(login.body)]).toEqual([200, expect.arrayContaining(['mfa_token'])]);
    expect(login.body.access_token).toBeUndefined();
    const answer = await post('login/mfa', { mfa_token: login.body.mfa_token, code: recoveryCodes[0] });
    expect((await client.me(answer.body.access_token)).body).toMatchObject({ id, email: next, email_verified: true });
  });
});

it('an account that had a verified e-mail address can’t be invited again', async () => {
  const { id } = await newUser();
  await service.database.query('UPDATE account SET password_hash = NULL WHERE id = $1', [id]);
  const email = newEmail();
  expect((await change(id, email)).body.email_verified_at).toBeNull();
  expect(outcome(await call('POST', '/invitations', { email }))).toEqual([409, 'email_taken']);
});
