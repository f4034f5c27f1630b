import { beforeAll, describe, expect, it } from 'vitest';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { meanwhile, meet } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  const mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url, DATABASE_POOL_MAX: '30' });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const outcome = ({ status, body }: Answer) => `${String(status)} ${String(body?.code)}`;
const call = (token: string, method: string, path: string, body?: object) =>
  client.call(method, `/auth/admin${path}`, { token, ...(body ? { body } : {}) });

/** A service account with scopes, and an access token for them. */
const newProgram = async (...scopes: string[]) => {
  const { body: made } = await call(admin.accessToken, 'POST', '/service-accounts', { name: newEmail(), scopes });
  const { body: issued } = await call(admin.accessToken, 'POST', `/service-accounts/${made.id}/keys`, {});
  const form = { grant_type: 'client_credentials', client_id: made.id, client_secret: issued.key };
  const response = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { id: made.id as string, keyId: issued.id as string, token };
};
const newUser = async () => (await client.register(newEmail())).body.id as string;

type Route = [method: string, path: string, body?: object];
const reads = (id: string): Route[] => [
  ['GET', '/accounts?limit=1&count=true'],
  ['GET', `/accounts/${id}`],
];
const changes = (id: string): Route[] => [
  ['POST', `/accounts/${id}/disable`],
  ['POST', `/accounts/${id}/enable`],
  ['DELETE', `/accounts/${id}/sessions`],
  ['DELETE', `/accounts/${id}`],
];
const creations = (): Route[] => [
  ['POST', '/accounts', { email: newEmail(), password: strongPassword }],
  ['POST', '/invitations', { email: newEmail() }],
];
const outcomes = async (token: string, routes: Route[]) => {
  const answers: string[] = [];
  for (const route of routes) {
    answers.push(outcome(await call(token, ...route)));
  }
  return answers;
};
const all = (routes: Route[], text: string) => routes.map(() => text);

describe('a service account', () => {
  it('with accounts:read reads accounts, and changes none', async () => {
    const { id: program, token } = await newProgram('accounts:read', 'audit:read');
    const id = await newUser();
    expect(await outcomes(token, reads(id))).toEqual(all(reads(id), '200 undefined'));
    const routes = [...changes(id), ...creations()];
    expect(await outcomes(token, routes)).toEqual(all(routes, '403 scope_required'));
    const { rows } = await service.database.query(
      "SELECT type FROM audit_event WHERE actor_id = $1 AND type LIKE 'account%' ORDER BY id",
      [program],
    );
    expect(rows.map(({ type }) => type)).toEqual(['accounts.searched', 'account.read']);
  });

  it('with accounts:write creates, invites, disables, enables and deletes accounts, and reads none', async () => {
    const { id: program, token } = await newProgram('accounts:write');
    const id = await newUser();
    expect(await outcomes(token, reads(id))).toEqual(all(reads(id), '403 scope_required'));
    expect(await outcomes(token, creations())).toEqual(all(creations(), '201 undefined'));
    expect(await outcomes(token, changes(id))).toEqual(all(changes(id), '204 undefined'));
    const { rows } = await service.database.query(
      "SELECT type FROM audit_event WHERE actor_id = $1 AND type <> 'client.token_issued' ORDER BY id",
      [program],
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'account.created',
      'account.invited',
      'session.revoked',
      'account.disabled',
      'account.enabled',
      'session.revoked',
      'account.deleted',
    ]);
  });

  it('makes no admin, changes none, not even an invited one, and vouches for no e-mail address', async () => {
    const { token } = await newProgram('accounts:write');
    const email = newEmail();
    const invited = await call(admin.accessToken, 'POST', '/invitations', { email, roles: ['admin'] });
    const routes: Route[] = [
      ['POST', '/accounts', { email: newEmail(), password: strongPassword, roles: ['user', 'admin'] }],
      ['POST', '/accounts', { email: newEmail(), password: strongPassword, email_verified: true }],
      ['POST', '/invitations', { email: newEmail(), roles: ['admin'] }],
      ['POST', '/invitations', { email }],
      ...changes(admin.id),
      ...changes(invited.body.id),
    ];
    expect(await outcomes(token, routes)).toEqual(all(routes, '403 admin_required'));
    expect((await call(admin.accessToken, 'GET', `/accounts/${invited.body.id}`)).body.roles).toEqual(['admin']);
  });

  it('takes no role from an admin who is invited at the same time', async () => {
    const { token } = await newProgram('accounts:write');
    const email = newEmail();
    const insert = "INSERT INTO account (id, email, roles) VALUES (gen_random_uuid(), $1, '{user,admin}')";
    const invite = (as: string, body: object) => call(as, 'POST', '/invitations', body);
    const [late] = await meet(service, (held) => held.query(insert, [email]), [() => invite(token, { email })]);
    expect(late && outcome(late)).toBe('403 admin_required');
    const people: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const person = { email: newEmail() };
      people.push(person.email);
      const [byAdmin] = await Promise.all([
        invite(admin.accessToken, { ...person, roles: ['admin'] }),
        invite(token, person),
      ]);
      expect(outcome(byAdmin)).toBe('201 undefined');
    }
    const { rowCount } = await service.database.query(
      "SELECT FROM account WHERE email = ANY ($1) AND 'admin' = ANY (roles)",
      [[email, ...people]],
    );
    expect(rowCount).toBe(11);
  });

  it('uses up no mailbox’ limit by invitations that are rejected', async () => {
    const { token } = await newProgram('accounts:write');
    const email = newEmail();
    await client.register(email);
    const routes = Array.from({ length: 12 }, (): Route => ['POST', '/invitations', { email }]);
    expect(await outcomes(token, routes)).toEqual(all(routes, '409 email_taken'));
    const other = { email: email.replace('@', '+other@') };
    expect((await call(admin.accessToken, 'POST', '/invitations', other)).status).toBe(201);
  });

  it('without these scopes gets nowhere', async () => {
    const { token } = await newProgram('audit:read', 'accounts');
    const id = await newUser();
    const routes = [...reads(id), ...changes(id), ...creations()];
    expect(await outcomes(token, routes)).toEqual(all(routes, '403 scope_required'));
  });

  it.each([
    ['its key is revoked', 'DELETE FROM api_key WHERE service_account_id = $1'],
    ['it is deleted', 'DELETE FROM service_account WHERE id = $1'],
  ])('changes nothing by 20 requests under way once %s', async (_name, end) => {
    const { id: program, token } = await newProgram('accounts:write');
    const users = await Promise.all(Array.from({ length: 18 }, newUser));
    const routes = [...users.map((id): Route => ['POST', `/accounts/${id}/disable`]), ...creations()];
    const answers = await meet(
      service,
      (ending) => ending.query(end, [program]),
      routes.map((route) => () => call(token, ...route)),
    );
    expect(answers.map(outcome)).toEqual(all(routes, '401 token_invalid'));
    const { rows } = await service.database.query(
      'SELECT FROM account WHERE id = ANY ($1) AND disabled_at IS NOT NULL',
      [users],
    );
    expect(rows).toEqual([]);
  });

  const losses: [name: string, lose: (program: { id: string; keyId: string }) => Promise<Answer>][] = [
    [
      'a rotation has ended its key',
      ({ id, keyId }) =>
        call(admin.accessToken, 'POST', `/service-accounts/${id}/keys/${keyId}/rotate`, { overlap_seconds: 0 }),
    ],
    [
      'it has lost the scope',
      ({ id }) => call(admin.accessToken, 'PATCH', `/service-accounts/${id}`, { scopes: ['accounts:read'] }),
    ],
  ];
  it.each(losses)('changes nothing by a request under way once %s', async (_name, lose) => {
    const program = await newProgram('accounts:write');
    const email = newEmail();
    const { id } = (await client.register(email)).body as { id: string };
    const answer = await meanwhile(service, {
      email,
      request: () => call(program.token, 'POST', `/accounts/${id}/disable`),
      change: async () => {
        expect((await lose(program)).status).toBeLessThan(300);
      },
    });
    expect(outcome(answer)).toBe('401 token_invalid');
    expect((await call(admin.accessToken, 'GET', `/accounts/${id}`)).body.disabled_at).toBeNull();
  });
});

it('an account that a service account makes is not verified', async () => {
  const { token } = await newProgram('accounts:write');
  const { body } = await call(token, 'POST', '/accounts', { email: newEmail(), password: strongPassword });
  expect([body.email_verified_at, body.roles]).toEqual([null, ['user']]);
});
