import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newEnrolledAccount, type EnrolledLogin } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: EnrolledLogin;
/** An admin without a second factor. */
let plainAdmin: { accessToken: string };
let target: string;

const outcome = ({ status, body }: Answer) => [status, body?.code];
const age = (days: number) =>
  service.database.query('UPDATE session SET authenticated_at = now() - make_interval(days => $1)', [days]);

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  admin = await newEnrolledAccount(client);
  await service.database.query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [admin.email]);
  plainAdmin = await newAdmin(service);
  target = (await client.register(newEmail())).body.id;
});
beforeEach(() => age(20));

const nobody = '01890000-0000-7000-8000-000000000000';
const newAccount = (roles: string[]) => ({ email: newEmail(), password: strongPassword, roles });
const webhook = { url: 'https://receiver.example.com/', event_types: ['account.created'] };
const routes: Record<string, () => [method: string, path: string, body?: object]> = {
  'set roles': () => ['PUT', `/auth/admin/accounts/${target}/roles`, { roles: ['user', 'admin'] }],
  'reset second factors': () => ['DELETE', `/auth/admin/accounts/${target}/mfa`],
  'remove an authenticator app': () => ['DELETE', `/auth/admin/accounts/${target}/mfa/totp`],
  'import accounts': () => ['POST', '/auth/admin/imports', {}],
  'force a password reset': () => ['POST', `/auth/admin/accounts/${target}/password-reset`],
  'create an admin': () => ['POST', '/auth/admin/accounts', newAccount(['user', 'admin'])],
  'create an account with a verified e-mail address': () => [
    'POST',
    '/auth/admin/accounts',
    { ...newAccount(['user']), email_verified: true },
  ],
  'invite an admin': () => ['POST', '/auth/admin/invitations', { email: newEmail(), roles: ['user', 'admin'] }],
  'list passkeys': () => ['GET', `/auth/admin/accounts/${target}/passkeys`],
  'unlink an identity of an account': () => ['DELETE', `/auth/admin/accounts/${target}/identities/${nobody}`],
  'end one session of an account': () => ['DELETE', `/auth/admin/accounts/${target}/sessions/${nobody}`],
  'withdraw the access of an application': () => ['DELETE', `/auth/admin/accounts/${target}/applications/notes`],
  'export the data of an account': () => ['GET', `/auth/admin/accounts/${target}/export`],
  'send a mail again': () => ['POST', `/auth/admin/mails/${nobody}/retry`],
  'lift the rate limits of an account': () => ['DELETE', `/auth/admin/accounts/${target}/rate-limits`],
  'change an e-mail address': () => ['PUT', `/auth/admin/accounts/${target}/email`, { email: newEmail() }],
  'verify an e-mail address': () => ['POST', `/auth/admin/accounts/${target}/email-verification`],
  'disable an account': () => ['POST', `/auth/admin/accounts/${target}/disable`],
  'enable an account': () => ['POST', `/auth/admin/accounts/${target}/enable`],
  'delete an account': () => ['DELETE', `/auth/admin/accounts/${target}`],
  'create a service account': () => [
    'POST',
    '/auth/admin/service-accounts',
    { name: 'reports', scopes: ['audit:read'] },
  ],
  'create an API key': () => ['POST', `/auth/admin/service-accounts/${nobody}/keys`, { scopes: ['audit:read'] }],
  'rotate an API key': () => ['POST', `/auth/admin/service-accounts/${nobody}/keys/${nobody}/rotate`, {}],
  'rotate the signing keys': () => ['POST', '/auth/keys/rotate'],
  'create a webhook': () => ['POST', '/auth/admin/webhooks', webhook],
  'change a webhook': () => ['PUT', `/auth/admin/webhooks/${nobody}`, webhook],
  'delete a webhook': () => ['DELETE', `/auth/admin/webhooks/${nobody}`],
  'rotate the secret of a webhook': () => ['POST', `/auth/admin/webhooks/${nobody}/secret`, {}],
  'unlink an own identity': () => ['DELETE', `/auth/me/identities/${nobody}`],
  'delete the own account': () => ['DELETE', '/auth/me', { password: strongPassword }],
};

describe.each(Object.entries(routes))('to %s', (_name, route) => {
  const call = (token: string) => {
    const [method, path, body] = route();
    return client.call(method, path, { token, ...(body ? { body } : {}) });
  };

  it('takes a recent second factor or, without one, a recent login', async () => {
    const proved = await call(admin.accessToken);
    expect(outcome(proved)).toEqual([401, 'mfa_required']);
    expect(proved.headers.get('www-authenticate')).toContain('acr_values="aal2", max_age=900');
    expect(outcome(await call(plainAdmin.accessToken))).toEqual([403, 'reauthentication_required']);
  });
});

it('a step-up, or a login, makes them possible', async () => {
  const path = `/auth/admin/accounts/${target}/roles`;
  const body = { roles: ['user'] };
  const code = admin.recoveryCodes[0] ?? '';
  const stepUp = await client.call('POST', '/auth/mfa/step-up', { token: admin.accessToken, body: { code } });
  expect((await client.call('PUT', path, { token: stepUp.body.access_token, body })).status).toBe(200);
  await age(0);
  expect((await client.call('PUT', path, { token: plainAdmin.accessToken, body })).status).toBe(200);
});

it('what gives no power does not take them', async () => {
  const token = plainAdmin.accessToken;
  expect((await client.call('POST', '/auth/admin/accounts', { token, body: newAccount(['user']) })).status).toBe(201);
  expect((await client.call('GET', `/auth/admin/accounts/${target}`, { token })).status).toBe(200);
});
