import { beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail, noProfile, type Answer } from './support/client.ts';
import { meet } from './support/locks.ts';
import { Mailbox, sentMails } from './support/mailbox.ts';
import {
  copyDatabase,
  holdLimits,
  productionSettings,
  startTestService,
  strongPassword,
  type TestService,
} from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';
import { hashesOf } from './support/work.ts';

let service: TestService;
let mailbox: Mailbox;
let client: Client;
let admin: { accessToken: string; id: string; email: string };

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  await holdLimits(service);
  admin = await newAdmin(service);
});

const otherPassword = 'amber-heron-reads-97-maps';
const call = (method: string, path: string, body?: object) =>
  client.call(method, `/auth/admin${path}`, { token: admin.accessToken, ...(body ? { body } : {}) });
const get = (path: string) => call('GET', path);
const accept = (token: string, password = strongPassword) =>
  client.call('POST', '/auth/invitations/accept', { body: { token, password } });

/** The tokens of all mails to an e-mail address, once there are so many. */
const tokensOf = async (email: string, count: number) => {
  for (let tries = 0; mailbox.to(email).length < count && tries < 1200; tries += 1) {
    await sleep(50);
  }
  return mailbox.to(email).map(({ text = '' }) => /token=(ot_[\w-]{43})/.exec(text)?.[1] ?? '');
};

const newUser = async () => {
  const user = await client.newAccount();
  return { ...user, id: (await client.me(user.accessToken)).body.id as string };
};
const trail = async (subjectId: string) => {
  const { rows } = await service.database.query<{ type: string }>(
    'SELECT type FROM audit_event WHERE subject_id = $1 AND actor_id = $2 ORDER BY occurred_at, id',
    [subjectId, admin.id],
  );
  return rows.map(({ type }) => type);
};
/** The e-mail addresses on all pages of a search. */
const pages = async (query: string) => {
  const emails: string[] = [];
  for (let after = '', more = true; more;) {
    const { body } = await get(`/accounts?${query}${after}`);
    emails.push(...body.accounts.map(({ email }: { email: string }) => email));
    more = body.next !== null;
    after = `&after=${String(body.next)}`;
  }
  return emails;
};

describe('accounts', () => {
  it('are created, read, given roles and deleted, with an audit event that names the actor', async () => {
    const email = newEmail();
    const created = await call('POST', '/accounts', { email, password: strongPassword });
    expect(created.status).toBe(201);
    const { id } = created.body;
    expect((await get(`/accounts/${id}`)).body).toEqual({
      id,
      email,
      email_verified_at: null,
      roles: ['user'],
      has_password: true,
      created_at: expect.any(String),
      password_changed_at: expect.any(String),
      disabled_at: null,
      ...noProfile,
      private_metadata: {},
    });
    const { accessToken } = await client.newSession(email);
    const early = await call('PUT', `/accounts/${id}/roles`, { roles: ['user', 'admin'] });
    expect([early.status, early.body.code]).toEqual([409, 'admin_email_unverified']);
    await call('POST', `/accounts/${id}/email-verification`);
    const promoted = await call('PUT', `/accounts/${id}/roles`, { roles: ['user', 'admin'] });
    expect([promoted.status, promoted.body.roles]).toEqual([200, ['user', 'admin']]);
    expect((await client.call('GET', '/auth/admin/accounts', { token: accessToken })).status).toBe(200);
    expect((await call('PUT', `/accounts/${id}/roles`, { roles: ['user'] })).status).toBe(200);
    expect((await client.call('GET', '/auth/admin/accounts', { token: accessToken })).status).toBe(403);
    expect((await call('DELETE', `/accounts/${id}`)).status).toBe(204);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.login(email)).status).toBe(401);
    expect(await trail(id)).toEqual([
      'account.created',
      'account.read',
      'email.verified',
      'account.roles_changed',
      'account.roles_changed',
      'account.deleted',
    ]);
  });

  it('are rejected with a taken e-mail address, a weak password or an unknown role', async () => {
    const { email } = admin;
    expect((await call('POST', '/accounts', { email, password: strongPassword })).body.code).toBe('email_taken');
    expect((await call('POST', '/invitations', { email: email.toUpperCase() })).body.code).toBe('email_taken');
    const weak = await call('POST', '/accounts', { email: newEmail(), password: 'password1' });
    expect(weak.body.code).toBe('password_too_weak');
    expect((await call('PUT', `/accounts/${admin.id}/roles`, { roles: ['root'] })).status).toBe(400);
  });

  it('are found by e-mail prefix, role and state, page by page', async () => {
    const prefix = `page-${String(Date.now())}`;
    const emails = Array.from(
      { length: 7 },
      (_, i) => `${i % 2 ? prefix.toUpperCase() : prefix}.${String(i)}@example.com`,
    );
    await Promise.all(emails.map((email) => client.register(email)));
    const { body } = await get(`/accounts?email_prefix=${prefix}`);
    const ids = new Map(body.accounts.map((account: { email: string; id: string }) => [account.email, account.id]));
    await call('POST', `/accounts/${String(ids.get(emails[1] ?? ''))}/disable`);
    await call('POST', `/accounts/${String(ids.get(emails[2] ?? ''))}/email-verification`);
    await call('PUT', `/accounts/${String(ids.get(emails[2] ?? ''))}/roles`, { roles: ['admin'] });

    expect(await pages(`email_prefix=${prefix}&limit=3`)).toEqual(emails);
    expect(await pages(`email_prefix=${prefix}&limit=7`)).toEqual(emails);
    expect(await pages(`email_prefix=${prefix.toUpperCase()}&disabled=true&limit=1`)).toEqual([emails[1]]);
    expect(await pages(`email_prefix=${prefix}&disabled=false&role=user&limit=2`)).toEqual(
      emails.filter((_, i) => i !== 1 && i !== 2),
    );
    expect(await pages('role=admin&limit=1')).toEqual([emails[2], admin.email].sort());
    expect(await pages(`email_prefix=${encodeURIComponent('%_')}`)).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=201',
    'disabled=maybe',
    'role=root',
    'after=é',
    'after=AAAA',
    'email_prefix=%00',
    'sort=id',
  ])('reject the search %s', async (query) => {
    expect((await get(`/accounts?${query}`)).body.code).toBe('validation_failed');
  });

  it('responds 404 for an unknown account', async () => {
    const id = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';
    for (const [method, path, body] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/disable'],
      ['POST', '/enable'],
      ['POST', '/password-reset'],
      ['DELETE', '/mfa'],
      ['DELETE', '/mfa/totp'],
      ['DELETE', '/sessions'],
      ['PUT', '/roles', { roles: ['user'] }],
    ] as const) {
      const answer = await call(method, `/accounts/${id}${path}`, body);
      expect([answer.status, answer.body.code]).toEqual([404, 'account_not_found']);
    }
  });
});

it('searches of accounts and of the audit trail read index ranges, never whole tables', async () => {
  const DATABASE_URL = await copyDatabase();
  const database = new pg.Client(DATABASE_URL);
  await database.connect();
  const first = await startTestService({ DATABASE_URL });
  const { accessToken, id } = await newAdmin(first);
  await database.query(`
    INSERT INTO account (id, email, password_hash, roles, disabled_at)
    SELECT gen_random_uuid(), 'user' || n || '@example.com', 'x',
           CASE WHEN n % 1000 = 0 THEN '{admin}' ELSE '{user}' END::text[], CASE WHEN n % 500 = 0 THEN now() END
    FROM generate_series(1, 20000) n;
    INSERT INTO audit_event (id, type, actor_id, subject_id, occurred_at)
    SELECT gen_random_uuid(), 'type.' || chr(97 + n % 20), gen_random_uuid(), gen_random_uuid(), now() - n * interval '1 s'
    FROM generate_series(1, 20000) n`);
  await database.query('VACUUM ANALYZE account, audit_event');
  await first.stop();
  const others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'";
  const scans = async () => {
    // connections report their statistics when they close, which the end of a pool does not wait for
    while (((await database.query(others)).rowCount ?? 0) > 1) {
      await sleep(20);
    }
    const { rows } = await database.query(
      "SELECT relname, seq_scan::int FROM pg_stat_user_tables WHERE relname IN ('account', 'audit_event') ORDER BY 1",
    );
    return rows;
  };
  // a start may scan, too
  const before = await scans();
  await (await startTestService({ DATABASE_URL })).stop();
  const started = await scans();
  const second = await startTestService({ DATABASE_URL });
  const at = new Client(second.url);
  const accounts = ['', 'email_prefix=user77', 'role=admin', 'role=user', 'disabled=true', 'disabled=false&role=admin'];
  const now = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
  const events = ['', 'type=type.c', `actor_id=${id}`, `subject_id=${id}`, `until=${now}`, `type=type.c&from=${now}`];
  events.push('type=type.c,type.d,type.e', `account_id=${id}`, `account_id=${id}&type=type.c,audit.read`);
  for (const [path, queries] of [
    ['accounts', accounts],
    ['audit', events],
  ] as const) {
    for (const query of queries) {
      const url = `/auth/admin/${path}?limit=5&${query}`;
      const { status, body } = await at.call('GET', url, { token: accessToken });
      expect(status).toBe(200);
      if (body.next !== null) {
        expect((await at.call('GET', `${url}&after=${body.next}`, { token: accessToken })).status).toBe(200);
      }
    }
  }
  await second.stop();
  const after = await scans();
  const added = (rows: { seq_scan: number }[], to: { seq_scan: number }[]) =>
    rows.map(({ seq_scan }, i) => seq_scan - (to[i]?.seq_scan ?? 0));
  expect(added(after, started)).toEqual(added(started, before));
  await database.end();
});

describe('an invitation', () => {
  it('creates an account without a password, which its owner sets once by the link in the e-mail', async () => {
    const email = newEmail();
    const { status, body } = await call('POST', '/invitations', { email, roles: ['user'], locale: 'de' });
    expect([status, body.has_password, body.email_verified_at]).toEqual([201, false, null]);
    expect((await client.login(email)).body.code).toBe('credentials_invalid');
    const token = await mailbox.token(email, /Sie sind eingeladen/);
    expect(mailbox.to(email)[0]?.text).toContain(`http://localhost:3000/accept-invitation?token=${token}`);
    const stored = await service.database.query(
      'SELECT t::text AS text FROM one_time_token t UNION SELECT m::text FROM mail m',
    );
    expect(JSON.stringify(stored.rows)).not.toContain(token);

    // programs that scan mails use nothing up
    const link = `${service.url}/accept-invitation?token=${token}`;
    for (const method of ['HEAD', 'GET']) {
      expect((await fetch(link, { method, redirect: 'manual' })).status).toBe(303);
    }
    expect((await new UserAgent(service).open(link)).text).toContain(email);

    expect((await accept(token, 'password1')).body.code).toBe('password_too_weak');
    expect((await accept(token, email)).body.code).toBe('password_too_weak');
    expect((await accept(token)).status).toBe(204);
    expect((await client.login(email)).status).toBe(200);
    expect((await accept(token, otherPassword)).body.code).toBe('one_time_token_invalid');
    const account = await get(`/accounts/${body.id}`);
    expect(account.body).toMatchObject({ has_password: true, email_verified_at: expect.any(String) });
    expect(await trail(body.id)).toEqual(['account.invited', 'account.read']);
  });

  it('is accepted once by 20 concurrent requests', async () => {
    const email = newEmail();
    await call('POST', '/invitations', { email });
    const token = await mailbox.token(email, /invited/);
    const passwords = Array.from({ length: 20 }, (_, i) => `${strongPassword}-${String(i)}`);
    const answers = await Promise.all(passwords.map((password) => accept(token, password)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ body }) => body?.code === 'one_time_token_invalid')).toHaveLength(19);
    const winner = passwords[answers.findIndex(({ status }) => status === 204)];
    expect((await client.login(email, winner)).status).toBe(200);
  });

  it('is sent again for a person who has not accepted: with a new link, which alone is valid, and the new roles', async () => {
    const email = newEmail();
    const first = await call('POST', '/invitations', { email, roles: ['user', 'admin'], locale: 'de' });
    const old = await mailbox.token(email, /eingeladen/);
    const again = await call('POST', '/invitations', { email: email.toUpperCase(), roles: ['user'] });
    expect([again.status, again.body]).toEqual([201, { ...first.body, roles: ['user'] }]);
    const token = (await tokensOf(email, 2)).find((sent) => sent !== old) ?? '';
    expect((await accept(old)).body.code).toBe('one_time_token_invalid');
    expect((await accept(token)).status).toBe(204);
    expect((await call('POST', '/invitations', { email })).body.code).toBe('email_taken');
    expect(await trail(first.body.id)).toEqual(['account.invited', 'account.invited']);
  });

  it('is sent again after it has expired, but not to an account with a password or a disabled one', async () => {
    const email = newEmail();
    const { body } = await call('POST', '/invitations', { email });
    const first = await mailbox.token(email, /invited/);
    await service.database.query('DELETE FROM one_time_token WHERE account_id = $1', [body.id]);
    expect((await call('POST', '/invitations', { email })).status).toBe(201);
    const second = (await tokensOf(email, 2)).find((token) => token !== first) ?? '';
    expect((await accept(second)).status).toBe(204);
    const { id, email: registered } = await newUser();
    await call('POST', `/accounts/${id}/password-reset`);
    const disabled = await call('POST', '/invitations', { email: newEmail() });
    await call('POST', `/accounts/${disabled.body.id}/disable`);
    for (const taken of [registered, disabled.body.email]) {
      expect((await call('POST', '/invitations', { email: taken })).body.code).toBe('email_taken');
    }
  });

  it('is sent to one mailbox 5 times, and concurrent ones leave one valid link', async () => {
    const email = newEmail();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/invitations', { email })));
    const sent = answers.filter(({ status }) => status === 201);
    expect(sent).toHaveLength(5);
    expect(answers.filter(({ body }) => body.code === 'too_many_attempts')).toHaveLength(15);
    expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1);
    const tagged = await call('POST', '/invitations', { email: email.replace('@', '+tag@') });
    expect([tagged.status, Number(tagged.headers.get('retry-after')) > 0]).toEqual([429, true]);
    const tokens = await tokensOf(email, sent.length);
    const accepted = await Promise.all(tokens.map((token) => accept(token)));
    expect(accepted.filter(({ status }) => status === 204)).toHaveLength(1);
  });

  it('is rejected if it has expired or the account is disabled, and so is a token of another purpose', async () => {
    const email = newEmail();
    const { body } = await call('POST', '/invitations', { email });
    const token = await mailbox.token(email, /invited/);
    await call('POST', `/accounts/${body.id}/disable`);
    expect((await accept(token)).status).toBe(400);
    await call('POST', `/accounts/${body.id}/enable`);
    await service.database.query('UPDATE one_time_token SET expires_at = now() WHERE account_id = $1', [body.id]);
    expect((await accept(token)).status).toBe(400);
    const { id, email: other } = await newUser();
    await call('POST', `/accounts/${id}/password-reset`);
    expect((await accept(await mailbox.token(other, /new password/))).body.code).toBe('one_time_token_invalid');
  });

  it('requires a mail server in production', async () => {
    const production = await startTestService({ ...productionSettings, DATABASE_URL: service.databaseUrl });
    const { accessToken: token } = await new Client(production.url).newSession(admin.email);
    const at = new Client(production.url);
    const email = newEmail();
    const answers = [
      await at.call('POST', '/auth/admin/invitations', { token, body: { email } }),
      await at.call('POST', `/auth/admin/accounts/${admin.id}/password-reset`, { token }),
    ];
    expect(answers.map(({ body }) => body.code)).toEqual(['mail_off', 'mail_off']);
    expect(await pages(`email_prefix=${email}`)).toEqual([]);
  });
});

describe('a disabled account', () => {
  it('is rejected at once in its sessions, and at login as with a wrong password', async () => {
    const { id, email, accessToken, refreshToken } = await newUser();
    const wrong = await client.login(email, 'not-the-password');
    expect((await call('POST', `/accounts/${id}/disable`)).status).toBe(204);
    expect((await client.me(accessToken)).body.code).toBe('token_invalid');
    expect((await client.refresh(refreshToken)).status).toBe(401);
    const right = await client.login(email);
    expect([right.status, { ...right.body, request_id: '' }]).toEqual([401, { ...wrong.body, request_id: '' }]);
    expect((await call('POST', `/accounts/${id}/disable`)).status).toBe(204);

    expect((await call('POST', `/accounts/${id}/enable`)).status).toBe(204);
    expect((await client.login(email)).status).toBe(200);
    expect((await client.me(accessToken)).status).toBe(401);
    expect(await trail(id)).toEqual([
      'session.revoked',
      'account.disabled',
      'session.revoked',
      'account.disabled',
      'account.enabled',
    ]);
  });

  it('costs a login the same work as any other account', async () => {
    const { id, email } = await newUser();
    const known = newEmail();
    await Promise.all([client.register(known), call('POST', `/accounts/${id}/disable`)]);
    for (const candidate of [email, known, newEmail()]) {
      const login = async () => expect((await client.login(candidate, 'not-the-password')).status).toBe(401);
      expect(await hashesOf(service, login)).toEqual({ argon2: 1 });
    }
  });

  it('gets no session from a login in progress', async () => {
    const { id, email } = await newUser();
    const [answer] = await meet(
      service,
      async (disabling) => {
        await disabling.query('UPDATE account SET disabled_at = now() WHERE id = $1', [id]);
        await disabling.query('DELETE FROM session WHERE account_id = $1', [id]);
      },
      [() => client.login(email)],
    );
    expect([answer?.status, answer?.body.code]).toEqual([401, 'sign_in_refused']);
    const { rowCount } = await service.database.query('SELECT FROM session WHERE account_id = $1', [id]);
    expect(rowCount).toBe(0);
  });

  it('is rejected even with a remaining session', async () => {
    const { id, accessToken, refreshToken } = await newUser();
    await service.database.query('UPDATE account SET disabled_at = now() WHERE id = $1', [id]);
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.refresh(refreshToken)).status).toBe(401);
  });
});

it('a forced reset removes the password, ends the sessions and sends a link', async () => {
  const { id, email, accessToken, refreshToken } = await newUser();
  expect((await call('POST', `/accounts/${id}/password-reset`)).status).toBe(204);
  expect((await client.login(email)).body.code).toBe('credentials_invalid');
  expect((await client.me(accessToken)).status).toBe(401);
  expect((await client.refresh(refreshToken)).status).toBe(401);
  const token = await mailbox.token(email, /Set a new password/);
  const reset = { token, password: otherPassword };
  expect((await client.call('POST', '/auth/password-reset/confirm', { body: reset })).status).toBe(204);
  expect((await client.login(email)).status).toBe(401);
  expect((await client.login(email, otherPassword)).status).toBe(200);
  expect(await trail(id)).toEqual(['session.revoked', 'password.reset_forced']);
});

it('a reset of second factors ends the sessions, and the owner logs in by password alone', async () => {
  const { email, accessToken } = await newEnrolledAccount(client);
  const { id } = (await client.me(accessToken)).body;
  const asked = await client.login(email);
  expect(asked.body.mfa_required).toBe(true);
  expect((await call('DELETE', `/accounts/${id}/mfa`)).status).toBe(204);
  expect((await client.me(accessToken)).status).toBe(401);
  const stale = { mfa_token: asked.body.mfa_token, code: '000000' };
  expect((await client.call('POST', '/auth/login/mfa', { body: stale })).status).toBe(401);
  expect((await client.login(email)).body.access_token).toEqual(expect.any(String));
  expect(await trail(id)).toEqual(['session.revoked', 'mfa.reset']);
});

it('removal of an authenticator app takes the recovery codes too, ends the sessions and tells the owner', async () => {
  const { email, accessToken } = await newEnrolledAccount(client);
  const { id } = (await client.me(accessToken)).body;
  await service.database.query('UPDATE account SET email_verified_at = now() WHERE id = $1', [id]);
  const answers = await Promise.all(Array.from({ length: 5 }, () => call('DELETE', `/accounts/${id}/mfa/totp`)));
  expect(answers.map(({ status, body }) => `${status} ${body?.code}`).toSorted()).toEqual([
    '204 undefined',
    ...Array.from({ length: 4 }, () => '404 totp_not_enrolled'),
  ]);
  expect((await client.me(accessToken)).status).toBe(401);
  const login = await client.login(email);
  expect(login.status).toBe(200);
  const left = await client.call('GET', '/auth/mfa', { token: login.body.access_token });
  expect(left.body).toEqual({ totp: false, recovery_codes: 0 });
  expect(await sentMails(service, mailbox, email, 'Your authenticator app was removed')).toHaveLength(1);
  expect(await trail(id)).toEqual(['session.revoked', 'mfa.totp_disabled']);
});

it('an admin ends the sessions of an account', async () => {
  const { id, email, accessToken } = await newUser();
  const other = await client.newSession(email);
  expect((await call('DELETE', `/accounts/${id}/sessions`)).status).toBe(204);
  expect((await client.me(accessToken)).status).toBe(401);
  expect((await client.refresh(other.refreshToken)).status).toBe(401);
  expect((await client.login(email)).status).toBe(200);
});

describe('the last active admin', () => {
  const removals: [string, string, object?][] = [
    ['PUT', '/roles', { roles: ['user'] }],
    ['POST', '/disable'],
    ['POST', '/password-reset'],
    ['DELETE', ''],
  ];

  it('can’t be removed; disabled and invited admins do not count', async () => {
    const alone = await startTestService();
    const at = new Client(alone.url);
    const last = await newAdmin(alone);
    const ask = (method: string, path: string, body?: object) =>
      at.call(method, `/auth/admin${path}`, { token: last.accessToken, ...(body ? { body } : {}) });
    await ask('POST', '/invitations', { email: newEmail(), roles: ['admin'] });
    const disabled = await newAdmin(alone);
    expect((await ask('POST', `/accounts/${disabled.id}/disable`)).status).toBe(204);
    for (const [method, path, body] of removals) {
      const answer = await ask(method, `/accounts/${last.id}${path}`, body);
      expect([answer.status, answer.body.code]).toEqual([409, 'last_admin']);
    }
    expect((await ask('PUT', `/accounts/${last.id}/roles`, { roles: ['admin'] })).status).toBe(200);
    expect((await ask('DELETE', `/accounts/${disabled.id}`)).status).toBe(204);
  });

  it('remains when two admins remove each other at the same time on two replicas', async () => {
    const DATABASE_URL = await copyDatabase();
    const replicas = await Promise.all([startTestService({ DATABASE_URL }), startTestService({ DATABASE_URL })]);
    const [first, second] = replicas;
    const results: number[] = [];
    for (const [method, path, body] of [...removals, ...removals, ...removals, ...removals]) {
      const [a, b] = [await newAdmin(first), await newAdmin(first)];
      await first.database.query("UPDATE account SET roles = '{user}' WHERE id <> ALL ($1)", [[a.id, b.id]]);
      const take = (replica: TestService, from: string, token: string): Promise<Answer> =>
        new Client(replica.url).call(method, `/auth/admin/accounts/${from}${path}`, {
          token,
          ...(body ? { body } : {}),
        });
      await Promise.all([take(first, b.id, a.accessToken), take(second, a.id, b.accessToken)]);
      const { rowCount } = await first.database.query(
        "SELECT FROM account WHERE 'admin' = ANY (roles) AND disabled_at IS NULL AND password_hash IS NOT NULL",
      );
      results.push(rowCount ?? 0);
    }
    expect(results).toEqual(results.map(() => 1));
  });
});

it('counts what admins do', async () => {
  const text = await (await fetch(service.metricsUrl)).text();
  for (const type of ['account.created', 'account.disabled', 'password.reset_forced', 'session.revoked']) {
    expect(text).toMatch(new RegExp(`auth_admin_actions_total\\{type="${type}"\\} [1-9]`));
  }
});
