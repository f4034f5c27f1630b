// Who may call each route of the API: permissions.txt states it, and real tokens are sent to every route to compare. What holds for all
// routes alike is a rule below instead of a word in each line.
import { beforeAll, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as openid from 'openid-client';
import { serveOpenApi } from '#common';
import { createService, describeApi } from '../src/app.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, authorize, discover, exchange, signIn, startIssuer } from './support/relying-party.ts';
import { strongPassword, type TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

/** All that a route's `@Scopes()` may name. */
const scopes = ['accounts:read', 'accounts:write', 'audit:read'];
const unknownScope = 'notes:read';
const audience = 'https://notes.example.com';
/** Answers of the guards, and of what programs may never do. With any other one, a caller has passed them. */
const refusals = [
  'token_missing',
  'token_invalid',
  'token_expired',
  'role_required',
  'scope_required',
  'reauthentication_required',
  'mfa_required',
  'admin_required',
];

/** Bodies for which a route requires something else than without a body, by what is special about them. */
const bodies: Record<string, Record<string, () => object>> = {
  'DELETE /auth/passkeys/{id}': { password: () => ({ password: strongPassword }) },
  'POST /auth/admin/accounts': {
    'the role admin': () => ({ email: newEmail(), password: strongPassword, roles: ['admin'] }),
    email_verified: () => ({ email: newEmail(), password: strongPassword, email_verified: true }),
  },
  'POST /auth/admin/invitations': {
    'the role admin': () => ({ email: newEmail(), roles: ['admin'] }),
  },
  'POST /auth/me/identities/{provider}/start': { password: () => ({ password: strongPassword }) },
  'POST /auth/mfa/totp': { password: () => ({ password: strongPassword }) },
  'POST /auth/passkey-options': { password: () => ({ password: strongPassword }) },
  'PUT /auth/me/email': { password: () => ({ password: strongPassword }) },
  'PUT /auth/me/password': { current_password: () => ({ current_password: strongPassword }) },
};

/** Routes that the document does not describe, besides the pages. They take no access token, or are described as another route. */
const undescribed = [
  '/',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/assets/:name',
  '/auth/ext-authz/:requirements/*',
  '/console',
  '/console/*',
  '/console/assets/*',
  '/dev/mails',
  '/openid/authorize',
  '/openid/authorize/:uid',
  '/openid/device',
  '/openid/device/:uid',
  '/openid/device/authorize',
  '/openid/interactions/:uid',
  '/openid/introspect',
  '/openid/logout',
  '/openid/logout/confirm',
  '/openid/logout/success',
  '/openid/par',
  '/openid/registration',
  '/openid/revoke',
  '/openid/token',
  '/openid/userinfo',
];
/** Pages for everybody, with those below them. */
const publicPages =
  /^\/(accept-invitation|confirm-email|docs|forgot-password|magic-link|register|reset-password|sign-in|sign-out|verify-email)(\/|$)/;
/** Pages for the browser's session, which are tested without one. */
const accountPages = /^\/account(\/|$)/;

let service: TestService;
let client: Client;
let web: openid.Configuration;
/** On the same database, with tokens and logins that are old sooner. */
let strict: TestService;
/** Tokens that no route accepts, or that none ends. */
const fixed = new Map<string, string>();

beforeAll(async () => {
  // all parts of the API
  const { url: SMTP_URL } = await Mailbox.open();
  service = await startIssuer({ SMTP_URL, OPENID_REGISTRATION_TOKEN: 'token-of-the-test-that-is-long-enough' });
  client = new Client(service.url);
  strict = await startIssuer({
    DATABASE_URL: service.databaseUrl,
    TOKEN_ISSUER: service.url,
    ACCESS_TOKEN_TTL_SECONDS: '1',
    STEP_UP_MAX_AGE_SECONDS: '60',
  });
  fixed.set('expired', (await newAdmin(service, new Client(strict.url))).accessToken);
  const { accessToken: token } = await newAdmin(service);
  for (const scope of [...scopes, unknownScope]) {
    const body = { name: newEmail(), scopes: [scope] };
    const made = await client.call('POST', '/auth/admin/service-accounts', { token, body });
    const path = `/auth/admin/service-accounts/${made.body.id}/keys`;
    const issued = await client.call('POST', path, { token, body: {} });
    const form = { grant_type: 'client_credentials', client_id: made.body.id, client_secret: issued.body.key };
    const response = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
    fixed.set(scope, ((await response.json()) as { access_token: string }).access_token);
  }
  await addApplication(service, { client_id: 'web', resources: [audience] });
  web = await discover(service, 'web');
  const options = { resources: [audience], scopes: [...scopes, unknownScope] };
  await addApplication(service, { client_id: 'robot', kind: 'machine', ...options });
  const robot = await discover(service, 'robot');
  for (const scope of options.scopes) {
    fixed.set(`application ${scope}`, (await openid.clientCredentialsGrant(robot, { scope })).access_token);
  }
  const elsewhere = await openid.clientCredentialsGrant(robot, { resource: audience });
  fixed.set('program for another audience', elsewhere.access_token);
  await addApplication(service, { client_id: 'others', first_party: false });
  const { email } = await newAdmin(service);
  const agent = await UserAgent.signedIn(service, client, email);
  fixed.set('another audience', (await signIn(web, agent, { resource: audience })).access_token);
  const others = await discover(service, 'others');
  const request = await authorize(others, agent);
  const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
  fixed.set('application of others', (await exchange(others, { ...request, page })).access_token);
  const disabled = await newAdmin(service);
  await service.database.query('UPDATE account SET disabled_at = now() WHERE id = $1', [disabled.id]);
  fixed.set('disabled', disabled.accessToken);
  const { exp = 0 } = decodeJwt(String(fixed.get('expired')));
  // verifiers tolerate clocks that differ by 5 seconds
  await sleep(Math.max(0, (exp + 6) * 1000 - Date.now()));
});

/** Who has a session. An old one is of a login 20 days ago, a late one of two minutes ago. */
type Person =
  | 'user'
  | 'old user'
  | 'admin'
  | 'old admin'
  | 'admin with mfa'
  | 'late admin with mfa'
  | 'old admin with mfa'
  | 'demoted'
  | 'first-party';
const twoMinutes = 120;
const twentyDays = 20 * 86_400;
/** Sessions of people, each until a call ends it. */
const sessions = new Map<Person, string>();

async function sessionOf(who: Person): Promise<string> {
  const known = sessions.get(who);
  if (known !== undefined) {
    return known;
  }
  const { accessToken, email } = who.endsWith('user') ? await client.newAccount() : await newAdmin(service);
  const token =
    who === 'first-party'
      ? (await signIn(web, await UserAgent.signedIn(service, client, email))).access_token
      : accessToken;
  await service.database.query(
    `UPDATE session SET authenticated_at = authenticated_at - make_interval(secs => $2), amr = amr || $3::text[]
     WHERE account_id = (SELECT id FROM account WHERE email = $1)`,
    [
      email,
      who.startsWith('old') ? twentyDays : who.startsWith('late') ? twoMinutes : 0,
      who.includes('mfa') ? ['otp', 'mfa'] : [],
    ],
  );
  if (who === 'demoted') {
    await service.database.query("UPDATE account SET roles = '{user}' WHERE email = $1", [email]);
  }
  sessions.set(who, token);
  return token;
}

interface Call {
  method: string;
  path: string;
  body: (() => object) | undefined;
}

/** Sends a call with a token, if any. */
async function send({ method, path, body }: Call, token?: string, origin = service.url) {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => (/id$/i.test(name) ? crypto.randomUUID() : 'unknown'));
  const response = await fetch(origin + url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body()) }),
  });
  const text = await response.text();
  const refusal = refusals.find((code) => text.includes(`"code":"${code}"`));
  return { refusal, challenge: response.headers.get('www-authenticate') ?? '' };
}

/** How the guards refuse a person; undefined if they don't. */
async function refusalOf(who: Person, call: Call): Promise<string | undefined> {
  const token = await sessionOf(who);
  const { refusal } = await send(call, token);
  if (refusal === undefined && call.method !== 'GET' && (await client.me(token)).status !== 200) {
    sessions.delete(who);
  }
  return refusal;
}

const faults: string[] = [];

/** In words, whom the guards let through to a route. Notes where a rule does not hold. */
async function callersOf(route: string, call: Call): Promise<string> {
  if ((await send(call)).refusal === undefined) {
    return 'anyone';
  }
  const expectRefusal = (who: string, actual: string | undefined, expected: string | undefined) => {
    if (actual !== expected) {
      faults.push(`${route}: ${who} gets ${actual ?? 'through'} instead of ${expected ?? 'through'}`);
    }
  };
  const ofFixed = async (name: string) => (await send(call, fixed.get(name))).refusal;
  const callers: string[] = [];
  for (const who of ['user', 'admin'] as const) {
    const [fresh, old] = [await refusalOf(who, call), await refusalOf(`old ${who}`, call)];
    if (fresh === 'mfa_required') {
      callers.push(`${who} with a recent second factor`);
    } else if (fresh === undefined) {
      callers.push(old === undefined ? who : `${who} with a recent login`);
    }
    if (who === 'user') {
      if (fresh === 'role_required') {
        // the guards refuse, and not the service after them, which refuses too but reads the path first
        const unread = { ...call, path: call.path.replaceAll(/\{\w+\}/g, '-') };
        expectRefusal('a user with an unreadable path', await refusalOf('user', unread), fresh);
      }
      expectRefusal('an admin who has become a user', await refusalOf('demoted', call), fresh);
    } else {
      expectRefusal('an application of the operator, for an admin', await refusalOf('first-party', call), fresh);
      const [proved, provedLongAgo] = [
        await refusalOf('admin with mfa', call),
        await refusalOf('old admin with mfa', call),
      ];
      expectRefusal('an admin with a second factor', proved, fresh === 'mfa_required' ? undefined : fresh);
      if (old === undefined && provedLongAgo === 'mfa_required') {
        callers.push('with a second factor only a recent one');
      } else {
        const expected = old === 'reauthentication_required' ? 'mfa_required' : old;
        expectRefusal('an admin with a second factor of long ago', provedLongAgo, expected);
      }
    }
  }
  for (const scope of scopes) {
    const refusal = await ofFixed(scope);
    if (refusal === undefined) {
      callers.push(scope);
    }
    expectRefusal(`a machine application with ${scope}`, await ofFixed(`application ${scope}`), refusal);
  }
  for (const name of ['another audience', 'program for another audience', 'application of others', 'disabled']) {
    expectRefusal(`a token of kind “${name}”`, await ofFixed(name), 'token_invalid');
  }
  const expired = await ofFixed('expired');
  if (expired === undefined) {
    callers.push('also by an expired token');
  } else {
    expectRefusal('an expired token', expired, 'token_expired');
  }
  for (const name of [unknownScope, `application ${unknownScope}`]) {
    const { refusal, challenge } = await send(call, fixed.get(name));
    const required = /scope="([^"]*)"/.exec(challenge)?.[1]?.split(' ') ?? [];
    expectRefusal(`a program with ${name}`, refusal, required.length > 0 ? 'scope_required' : 'token_invalid');
    faults.push(...required.filter((scope) => !scopes.includes(scope)).map((scope) => `${route} names ${scope}`));
  }
  return callers.join(', ');
}

it('each route is open to those alone whom permissions.txt names', async () => {
  const { body: document } = await client.call('GET', '/docs/openapi.json');
  const lines: string[] = [];
  for (const [path, methods] of Object.entries<object>(document.paths)) {
    for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
      const route = `${method} ${path}`;
      const variants = [['', undefined], ...Object.entries(bodies[route] ?? {})] as [string, Call['body']][];
      for (const [special, body] of variants) {
        const name = special === '' ? route : `${route} with ${special}`;
        lines.push(`${name.padEnd(70)} ${await callersOf(name, { method, path, body })}`);
      }
    }
  }
  const stated = (await readFile(join(import.meta.dirname, 'permissions.txt'), 'utf8')).trimEnd().split('\n');
  expect({ faults, lines: lines.sort() }).toEqual({ faults: [], lines: stated });
}, 600_000);

it('a login must be as recent as the setting says, also where a second factor may be older', async () => {
  const answers: Record<string, string | undefined> = {};
  for (const origin of [service.url, strict.url]) {
    const call = { method: 'DELETE', path: '/auth/mfa/totp', body: undefined };
    const { refusal } = await send(call, await sessionOf('late admin with mfa'), origin);
    answers[`DELETE /auth/mfa/totp${origin === service.url ? '' : ', strictly'}`] = refusal;
  }
  expect(answers).toEqual({ 'DELETE /auth/mfa/totp': undefined, 'DELETE /auth/mfa/totp, strictly': 'mfa_required' });
});

it('each route that the document lacks is a page or a named one, and pages of accounts need a session', async () => {
  const app = await createService(service.config);
  const routes: [method: string, path: string][] = [];
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', ({ url, method }) => {
      routes.push(...[method].flat().map((name): [string, string] => [name, url]));
    });
  serveOpenApi(app, () => describeApi(app));
  await app.init();
  const { paths } = describeApi(app);
  await app.close();
  const described = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((name) => `${name.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    ),
  );
  const others = routes.filter(([method, path]) => !described.has(`${method} ${path}`) && method !== 'HEAD');
  const hidden = others.filter(
    ([, path]) => !undescribed.includes(path) && !publicPages.test(path) && !accountPages.test(path),
  );
  expect(hidden).toEqual([]);
  expect(undescribed.filter((path) => !others.some(([, other]) => other === path))).toEqual([]);

  const token = await sessionOf('admin');
  const open: string[] = [];
  for (const [method, path] of others.filter(([, other]) => accountPages.test(other))) {
    const response = await fetch(service.url + path.replaceAll(/:\w+/g, 'unknown'), {
      method,
      headers: { authorization: `Bearer ${token}`, origin: service.url },
      redirect: 'manual',
      ...(method === 'POST' && { body: new URLSearchParams({ password: strongPassword }) }),
    });
    const isSentAway = response.status === 303 && response.headers.get('location')?.startsWith('/sign-in') === true;
    if (!isSentAway) {
      open.push(`${method} ${path} responds with ${String(response.status)} ${response.headers.get('location') ?? ''}`);
    }
  }
  expect(open).toEqual([]);
});
