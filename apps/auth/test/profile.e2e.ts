import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { Client, newAdmin, newEmail, noProfile } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  const mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const ada = {
  name: 'Ada King, Countess of Lovelace',
  given_name: 'Ada',
  family_name: 'King',
  picture: 'https://example.com/ada.png',
  locale: 'fr',
  zoneinfo: 'Europe/London',
  public_metadata: { theme: 'dark', tags: ['<b>', '=1+1'] },
};
/** JSON of arrays in arrays. */
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const change = (token: string, body: object) => client.call('PATCH', '/auth/me', { token, body });
const changeAs = (token: string, id: string, body: object) =>
  client.call('PATCH', `/auth/admin/accounts/${id}`, { token, body });
const newOwner = async () => {
  const { email, accessToken: token } = await client.newAccount();
  return { email, token, id: (await client.me(token)).body.id as string };
};
const asAdmin = (method: string, path: string, body?: object) =>
  client.call(method, `/auth/admin${path}`, { token: admin.accessToken, ...(body ? { body } : {}) });
const trail = async (id: string) => {
  const { rows } = await service.database.query(
    "SELECT actor_id, detail FROM audit_event WHERE subject_id = $1 AND type = 'account.profile_changed' ORDER BY id",
    [id],
  );
  return rows;
};

describe('the owner of an account', () => {
  it('changes members of the profile; the audit trail names them without their values', async () => {
    const { token, id } = await newOwner();
    expect((await client.me(token)).body).toMatchObject(noProfile);
    const changed = await change(token, { ...ada, name: `  ${ada.name}\n` });
    expect([changed.status, changed.body]).toEqual([200, (await client.me(token)).body]);
    expect(changed.body).toMatchObject(ada);
    const next = { family_name: null, zoneinfo: 'Asia/Kolkata', public_metadata: {} };
    expect((await change(token, { ...next, name: ada.name })).body).toMatchObject({ ...ada, ...next });
    expect((await change(token, {})).status).toBe(200);
    const fields = (await trail(id)).map(({ actor_id, detail }) => [actor_id, [...detail.fields].sort()]);
    expect(fields).toEqual([
      [id, Object.keys(ada).sort()],
      [id, Object.keys(next).sort()],
    ]);
  });

  it.each<[string, object]>([
    ['a name that is too long', { name: 'a'.repeat(201) }],
    ['a blank name', { name: ' ' }],
    ['a line break in a name', { given_name: 'Ada\nBcc: all@example.com' }],
    ['a change of the direction of text', { family_name: 'gnp.\u202eexe' }],
    ['a mark that changes the direction of text', { name: 'Ada\u200e' }],
    ['an Arabic letter mark', { name: 'Ada\u061c' }],
    ['a name that nobody can see', { name: '\u200b\u2060' }],
    ['a filler as name', { name: '\u3164' }],
    ['a picture without TLS', { picture: 'http://example.com/ada.png' }],
    ['a script as picture', { picture: 'javascript:alert(1)' }],
    ['a picture with a password', { picture: 'https://ada:secret@example.com/' }],
    ['an unknown language', { locale: 'tlh' }],
    ['an unknown time zone', { zoneinfo: 'Mars/Olympus' }],
    ['an offset as time zone', { zoneinfo: '+01:00' }],
    ['metadata that is no object', { public_metadata: ['a'] }],
    ['metadata that is too large', { public_metadata: { a: 'ü'.repeat(2048) } }],
    ['private metadata', { private_metadata: {} }],
    ['a role', { roles: ['admin'] }],
  ])('is refused %s', async (_name, body) => {
    const { token } = await newOwner();
    const { status, body: problem } = await change(token, body);
    expect([status, problem.code]).toEqual([400, 'validation_failed']);
    expect((await client.me(token)).body).toMatchObject(noProfile);
  });

  it('is refused metadata that is nested beyond what the service can read', async () => {
    const { token } = await newOwner();
    const response = await fetch(`${service.url}/auth/me`, {
      method: 'PATCH',
      body: `{"public_metadata":{"deep":${nested(8000)}}}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(400);
  });

  it('keeps metadata of up to 4 KiB as it is, however deep it is and whatever its numbers are', async () => {
    const { token } = await newOwner();
    for (const metadata of [
      { deep: JSON.parse(nested(2000)) },
      { a: 'x'.repeat(4088) },
      { huge: Array.from({ length: 500 }, () => 1e308) },
    ]) {
      expect((await change(token, { public_metadata: metadata })).body.public_metadata).toEqual(metadata);
    }
  });

  it('finds it in the export, but not what admins alone see, nor in access tokens', async () => {
    const { email, token, id } = await newOwner();
    await change(token, ada);
    await changeAs(admin.accessToken, id, { private_metadata: { customer: 'c-1815' } });
    const { body } = await client.call('GET', '/auth/me/export', { token });
    expect(body.account).toEqual([expect.objectContaining(ada)]);
    const own = JSON.stringify([body, (await client.me(token)).body]);
    expect(own).not.toContain('c-1815');
    const { accessToken } = await client.newSession(email);
    expect(JSON.stringify(decodeJwt(accessToken))).not.toMatch(/Ada|theme/);
  });
});

it('a registration may state a profile', async () => {
  const email = newEmail();
  const { status, body } = await client.call('POST', '/auth/register', {
    body: { email, password: strongPassword, ...ada },
    headers: { 'accept-language': 'de' },
  });
  expect([status, body]).toEqual([201, expect.objectContaining(ada)]);
  const next = await client.call('POST', '/auth/register', {
    body: { email: newEmail(), password: strongPassword, name: 'Ada' },
    headers: { 'accept-language': 'de' },
  });
  expect(next.body).toMatchObject({ ...noProfile, name: 'Ada', locale: 'de' });
});

describe('admins', () => {
  const secret = { private_metadata: { customer: 'c-1815' } };

  it('change profiles with private metadata, and find both in searches', async () => {
    const { email, id } = await newOwner();
    const { status, body } = await changeAs(admin.accessToken, id, { ...ada, ...secret });
    expect([status, body]).toEqual([200, (await asAdmin('GET', `/accounts/${id}`)).body]);
    expect(body).toMatchObject({ ...ada, ...secret });
    const found = await asAdmin('GET', `/accounts?email_prefix=${email}`);
    expect(found.body.accounts).toEqual([body]);
    expect(await trail(id)).toEqual([
      { actor_id: admin.id, detail: { fields: expect.arrayContaining(Object.keys({ ...ada, ...secret })) } },
    ]);
    const missing = await changeAs(admin.accessToken, '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10', ada);
    expect(missing.body.code).toBe('account_not_found');
  });

  it('create and invite people with a profile; a further invitation replaces what it states', async () => {
    const account = { email: newEmail(), password: strongPassword, ...ada, ...secret };
    expect((await asAdmin('POST', '/accounts', account)).body).toMatchObject({ ...ada, ...secret });
    const email = newEmail();
    const first = await asAdmin('POST', '/invitations', { email, ...ada, ...secret });
    expect(first.body).toMatchObject({ ...ada, ...secret });
    const second = await asAdmin('POST', '/invitations', { email, name: 'Ada' });
    expect(second.body).toMatchObject({ ...ada, ...secret, name: 'Ada', id: first.body.id });
  });

  it('are the only ones who may', async () => {
    const { token, id } = await newOwner();
    expect((await changeAs(token, id, ada)).body.code).toBe('role_required');
    const made = await asAdmin('POST', '/service-accounts', { name: newEmail(), scopes: ['accounts:write'] });
    const { body: key } = await asAdmin('POST', `/service-accounts/${made.body.id}/keys`, {});
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const response = await fetch(`${service.url}/auth/token`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Basic ${btoa(`${made.body.id}:${key.key}`)}` },
    });
    const { access_token: program } = (await response.json()) as { access_token: string };
    expect((await changeAs(program, id, secret)).body).toMatchObject(secret);
    expect((await changeAs(program, admin.id, secret)).body.code).toBe('admin_required');
  });
});

it('a deleted account leaves nothing of its profile behind, not even the names of changed members', async () => {
  const { token, id } = await newOwner();
  const unique = `Ada-${id}`;
  await change(token, { ...ada, name: unique, public_metadata: { unique } });
  await changeAs(admin.accessToken, id, { private_metadata: { unique } });
  const gone = await client.call('DELETE', '/auth/me', { token, body: { password: strongPassword } });
  expect(gone.status).toBe(204);
  expect((await trail(id)).map(({ detail }) => detail)).toEqual([{}, {}]);
  const { rows } = await service.database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) {
    const found = await service.database.query(`SELECT FROM ${name} t WHERE t::text LIKE $1`, [`%${unique}%`]);
    expect([name, found.rowCount]).toEqual([name, 0]);
  }
});
