// Who may call each route of the API: permissions.txt states it, and real tokens are sent to every route to compare.
import { beforeAll, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, type TestService } from './support/service.ts';

const scopes = ['accounts:read', 'accounts:write', 'audit:read'];
/** Answers of the guards. With any other one, a caller has passed them. */
const refusals = [
  'token_missing',
  'token_invalid',
  'role_required',
  'scope_required',
  'reauthentication_required',
  'mfa_required',
];

let service: TestService;
let client: Client;
/** The tokens of service accounts, by their only scope. */
const programs = new Map<string, string>();

beforeAll(async () => {
  // all parts of the API
  const { url: SMTP_URL } = await Mailbox.open();
  service = await startTestService({ SMTP_URL });
  client = new Client(service.url);
  const { accessToken: token } = await newAdmin(service);
  for (const scope of scopes) {
    const body = { name: newEmail(), scopes: [scope] };
    const made = await client.call('POST', '/auth/admin/service-accounts', { token, body });
    const path = `/auth/admin/service-accounts/${made.body.id}/keys`;
    const issued = await client.call('POST', path, { token, body: {} });
    const form = { grant_type: 'client_credentials', client_id: made.body.id, client_secret: issued.body.key };
    const response = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
    programs.set(scope, ((await response.json()) as { access_token: string }).access_token);
  }
});

/** A new session, since a call may end it: fresh, or of a login that is 20 days old. */
async function sessionOf(who: 'user' | 'admin', isOld = false): Promise<string> {
  const { accessToken, email } = who === 'user' ? await client.newAccount() : await newAdmin(service);
  if (isOld) {
    await service.database.query(
      `UPDATE session SET authenticated_at = now() - interval '20 days'
       WHERE account_id = (SELECT id FROM account WHERE email = $1)`,
      [email],
    );
  }
  return accessToken;
}

/** In words, whom the guards let through to a route. */
async function callersOf(method: string, path: string): Promise<string> {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => (/id$/i.test(name) ? crypto.randomUUID() : 'unknown'));
  const refusal = async (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const text = await (await fetch(service.url + url, { method, headers })).text();
    return refusals.find((code) => text.includes(`"code":"${code}"`));
  };
  if ((await refusal()) === undefined) {
    return 'anyone';
  }
  const callers: string[] = [];
  for (const who of ['user', 'admin'] as const) {
    const [fresh, old] = [await refusal(await sessionOf(who)), await refusal(await sessionOf(who, true))];
    if (fresh === 'mfa_required') {
      callers.push(`${who} with a recent second factor`);
    } else if (fresh === undefined) {
      callers.push(old === undefined ? who : `${who} with a recent login`);
    }
  }
  for (const [scope, token] of programs) {
    if ((await refusal(token)) === undefined) {
      callers.push(scope);
    }
  }
  return callers.join(', ');
}

it('each route is open to those alone whom permissions.txt names', async () => {
  const { body: document } = await client.call('GET', '/docs/openapi.json');
  const lines: string[] = [];
  for (const [path, methods] of Object.entries<object>(document.paths)) {
    for (const method of Object.keys(methods)) {
      const route = `${method.toUpperCase()} ${path}`;
      lines.push(`${route.padEnd(70)} ${await callersOf(method.toUpperCase(), path)}`);
    }
  }
  const stated = (await readFile(join(import.meta.dirname, 'permissions.txt'), 'utf8')).trimEnd().split('\n');
  expect(lines.sort()).toEqual(stated);
});
