import { beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { meet } from './support/locks.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

const hash = '$2y$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2';
const ndjson = { 'content-type': 'application/x-ndjson' };

let service: TestService;
let client: Client;
let admin: { id: string; email: string; accessToken: string };
beforeAll(async () => {
  service = await startTestService({ DATABASE_POOL_MAX: '30' });
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const outcome = ({ status, body }: Answer) => [status, body?.code];
const call = (method: string, path = '', body?: object, token = admin.accessToken) =>
  client.call(method, `/auth/admin/imports${path}`, { token, ...(body && { body }) });

const send = async (id: string, after: number, lines: unknown[], token = admin.accessToken, headers = ndjson) => {
  const body = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const url = `${service.url}/auth/admin/imports/${id}/lines?after=${String(after)}`;
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
};

/** Starts an import once no other runs. */
const start = async (body: object = {}): Promise<string> => {
  const { rows } = await service.database.query('SELECT id FROM import_job WHERE finished_at IS NULL');
  await Promise.all(rows.map(({ id }) => call('DELETE', `/${String(id)}`)));
  const answer = await call('POST', '', body);
  expect(answer.status).toBe(201);
  return answer.body.id;
};
const person = () => ({ email: newEmail(), password_hash: hash });
const isStored = async ({ email }: { email: string }) =>
  (await service.database.query('SELECT FROM account WHERE email = $1', [email])).rowCount === 1;
const trail = async (id: string) => {
  const { rows } = await service.database.query(
    "SELECT type, actor_id, detail FROM audit_event WHERE detail->>'import_id' = $1 ORDER BY id",
    [id],
  );
  return rows;
};
const refused = async (id: string) => {
  const url = `${service.url}/auth/admin/imports/${id}/refused`;
  return fetch(url, { headers: { authorization: `Bearer ${admin.accessToken}` } });
};

/** Sends the head of a request whose body never arrives, and waits for the response. */
const sendHead = async (
  url: string,
  token: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; code: string }> => {
  const request = httpRequest(url, { method: 'POST', headers: { ...headers, authorization: `Bearer ${token}` } });
  request.on('error', () => undefined).flushHeaders();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { code } = (await json(response)) as { code: string };
  request.destroy();
  return { status: response.statusCode, code };
};

it('imports a file in parts, and lists the refused lines without anything of them', async () => {
  const [first, second, known] = [person(), person(), (await client.newAccount()).email];
  const id = await start();
  const secret = 'a-secret-in-a-refused-line';
  const part = await send(id, 0, [
    first,
    '',
    { ...person(), password_hash: secret },
    { email: known, password_hash: null },
  ]);
  expect(part).toMatchObject({
    status: 200,
    body: { id, state: 'running', dry_run: false, lines: 4, created: 1, existing: 1, refused: 1, actor_id: admin.id },
  });
  // the same part again, whose response was lost
  expect(outcome(await send(id, 0, [second]))).toEqual([409, 'import_moved']);
  await send(id, 4, [second, { ...person(), roles: ['user', 'admin'] }, `{"email":"${secret}`, 'x'.repeat(20_000)]);
  const finished = await call('POST', `/${id}/finish`);
  expect(finished).toMatchObject({ status: 200, body: { state: 'finished', lines: 8, created: 2, refused: 4 } });
  expect((await call('GET', `/${id}`)).body).toEqual(finished.body);
  expect((await call('GET')).body.imports[0]).toEqual(finished.body);
  expect(await isStored(second)).toBe(true);

  const list = await refused(id);
  expect(list.headers.get('content-disposition')).toContain('refused.csv');
  const text = await list.text();
  expect(text.split('\r\n')).toEqual([
    '"line","reason"',
    '"3","password_hash: unknown hash format"',
    '"6","roles: only the command imports admins"',
    '"7","the line is not a JSON object in UTF-8"',
    '"8","the line is too long"',
    '',
  ]);
  const events = await trail(id);
  expect(events.map(({ type, actor_id }) => [type, actor_id])).toEqual([
    ['import.started', admin.id],
    ['import.ended', admin.id],
  ]);
  expect(events[1].detail).toMatchObject({ state: 'finished', lines: 8, created: 2, existing: 1, refused: 4 });
  expect(text + JSON.stringify(events)).not.toContain(secret);
  const { rows } = await service.database.query(
    "SELECT DISTINCT actor_id FROM audit_event WHERE type = 'account.imported'",
  );
  expect(rows).toEqual([{ actor_id: admin.id }]);
});

it('a dry run counts what an import would do, and imports nothing', async () => {
  const known = await client.newAccount();
  const people = [person(), person()];
  const id = await start({ dry_run: true });
  const lines = [...people, people[0], { email: known.email, password_hash: null }, 'no json'];
  const counts = { lines: 5, created: 2, existing: 2, refused: 1 };
  const snapshot = async () => {
    const { rows } = await service.database.query(
      'SELECT (SELECT json_agg(a ORDER BY id) FROM account a) AS accounts, (SELECT count(*) FROM audit_event) AS events',
    );
    return rows[0];
  };
  const before = await snapshot();
  expect((await send(id, 0, lines)).body).toMatchObject({ dry_run: true, ...counts });
  expect(await snapshot()).toEqual(before);
  const real = await start();
  expect((await send(real, 0, lines)).body).toMatchObject({ dry_run: false, ...counts });
});

it('of imports that start at the same time one runs', async () => {
  await call('DELETE', `/${await start()}`);
  const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', '', {})));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const others = answers.filter(({ status }) => status !== 201);
  expect(others.map(outcome)).toEqual(others.map(() => [409, 'import_running']));
});

it('of the same part sent ten times at the same time one is imported', async () => {
  const id = await start();
  const one = person();
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(id, 0, [one])));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
  expect((await call('GET', `/${id}`)).body).toMatchObject({ lines: 1, created: 1, existing: 0 });
});

describe('an import ends', () => {
  it('when an admin stops it, for every sender', async () => {
    const id = await start();
    await send(id, 0, [person()]);
    const other = await newAdmin(service);
    expect((await call('DELETE', `/${id}`, undefined, other.accessToken)).status).toBe(204);
    const late = person();
    expect(outcome(await send(id, 1, [late]))).toEqual([409, 'import_ended']);
    expect(await isStored(late)).toBe(false);
    expect(outcome(await call('POST', `/${id}/finish`))).toEqual([409, 'import_ended']);
    expect(outcome(await call('DELETE', `/${id}`))).toEqual([409, 'import_ended']);
    expect((await call('GET', `/${id}`)).body).toMatchObject({ state: 'stopped', created: 1 });
    expect((await trail(id)).at(-1)).toMatchObject({ actor_id: other.id, detail: { state: 'stopped', created: 1 } });
  });

  it('when it is stopped while lines of it wait', async () => {
    const actor = await newAdmin(service);
    await call('DELETE', `/${await start()}`);
    const { body } = await call('POST', '', {}, actor.accessToken);
    const one = person();
    const [answer] = await meet(
      service,
      async (stopping) => {
        await stopping.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [actor.id]);
        await stopping.query('UPDATE import_job SET finished_at = now(), stopped = true WHERE id = $1', [body.id]);
      },
      [() => send(body.id, 0, [one], actor.accessToken)],
    );
    expect(answer && outcome(answer)).toEqual([409, 'import_ended']);
    expect(await isStored(one)).toBe(false);
  });

  it('when its client is gone, and makes room for the next', async () => {
    const id = await start();
    await service.database.query("UPDATE import_job SET updated_at = now() - interval '3 minutes' WHERE id = $1", [id]);
    expect((await call('GET', `/${id}`)).body.state).toBe('stopped');
    expect(outcome(await send(id, 0, [person()]))).toEqual([409, 'import_ended']);
    expect((await call('POST', '', {})).status).toBe(201);
    expect((await trail(id)).at(-1)).toMatchObject({
      type: 'import.ended',
      actor_id: null,
      detail: { state: 'stopped' },
    });
  });
});

it('is neither fed nor stopped by an admin whose power ends meanwhile', async () => {
  const actor = await newAdmin(service);
  await call('DELETE', `/${await start()}`);
  const { body } = await call('POST', '', {}, actor.accessToken);
  const one = person();
  const answers = await meet(
    service,
    (ending) => ending.query("UPDATE account SET roles = '{user}' WHERE id = $1", [actor.id]),
    [
      () => send(body.id, 0, [one], actor.accessToken),
      () => call('DELETE', `/${body.id}`, undefined, actor.accessToken),
      () => call('POST', `/${body.id}/finish`, undefined, actor.accessToken),
    ],
  );
  expect(answers.map(outcome)).toEqual(answers.map(() => [403, 'role_required']));
  expect(await isStored(one)).toBe(false);
});

it('takes no line of another admin, nor of another session', async () => {
  const id = await start();
  const others = [await newAdmin(service), await client.newSession(admin.email)];
  for (const { accessToken } of others) {
    expect(outcome(await send(id, 0, [person()], accessToken))).toEqual([403, 'import_foreign']);
    expect(outcome(await call('POST', `/${id}/finish`, undefined, accessToken))).toEqual([403, 'import_foreign']);
  }
});

describe('a body', () => {
  const linesOf = (id: string) => `${service.url}/auth/admin/imports/${id}/lines?after=0`;
  const huge = { ...ndjson, 'content-length': String(2 ** 30) };

  it('of a user or a service account is refused before it is read', async () => {
    const id = await start();
    const user = await client.newAccount();
    const { body: made } = await client.call('POST', '/auth/admin/service-accounts', {
      token: admin.accessToken,
      body: { name: newEmail(), scopes: ['accounts:write'] },
    });
    const { body: key } = await client.call('POST', `/auth/admin/service-accounts/${made.id}/keys`, {
      token: admin.accessToken,
      body: {},
    });
    const form = { grant_type: 'client_credentials', client_id: made.id, client_secret: key.key };
    const issued = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: program } = (await issued.json()) as { access_token: string };
    expect(await sendHead(linesOf(id), user.accessToken, huge)).toEqual({ status: 403, code: 'role_required' });
    expect(await sendHead(linesOf(id), program, huge)).toEqual({ status: 401, code: 'token_invalid' });
    expect(await sendHead(linesOf(id), 'none', huge)).toEqual({ status: 401, code: 'token_invalid' });
  });

  it('that is too large is refused, however its length is stated', async () => {
    const id = await start();
    expect(await sendHead(linesOf(id), admin.accessToken, huge)).toEqual({ status: 413, code: 'body_too_large' });
    const request = httpRequest(linesOf(id), {
      method: 'POST',
      headers: { ...ndjson, authorization: `Bearer ${admin.accessToken}`, 'transfer-encoding': 'chunked' },
    });
    request.on('error', () => undefined).write(Buffer.alloc(1024 * 1024 + 1, ' '));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    request.destroy();
    expect(response.statusCode).toBe(413);
    expect(
      outcome(
        await send(
          id,
          0,
          Array.from({ length: 501 }, () => ''),
        ),
      ),
    ).toEqual([413, 'body_too_large']);
    // of a body that nobody reads to its end, the rest is no other request
    const long = await fetch(linesOf(id), {
      method: 'POST',
      headers: { ...ndjson, authorization: `Bearer ${admin.accessToken}` },
      body: `${' '.repeat(300)}\n`.repeat(3000),
    });
    expect([long.status, long.headers.get('connection')]).toEqual([413, 'close']);
    await service.database.query('UPDATE import_job SET lines = 100000 WHERE id = $1', [id]);
    expect(outcome(await send(id, 100_000, ['']))).toEqual([413, 'import_too_large']);
    expect((await call('GET', `/${id}`)).body).toMatchObject({ state: 'running', created: 0, refused: 0 });
  });

  it('counts on the login of its start for an hour', async () => {
    const id = await start();
    await service.database.query("UPDATE import_job SET started_at = now() - interval '61 minutes' WHERE id = $1", [
      id,
    ]);
    expect(outcome(await send(id, 0, [person()]))).toEqual([409, 'import_ended']);
  });

  it('has times that the database takes, or is refused line by line', async () => {
    const id = await start();
    const times = ['2020-01-01T00:00:00+16:00', `2020-01-01T00:00:00.${'1'.repeat(200)}Z`, '2020-01-01T00:00:00+15:59'];
    const { status, body } = await send(
      id,
      0,
      times.map((created_at) => ({ ...person(), created_at })),
    );
    expect([status, body.created, body.refused]).toEqual([200, 1, 2]);
  });

  it('of another type is refused, and NDJSON elsewhere', async () => {
    const id = await start();
    const as = async (type: string) =>
      outcome(await send(id, 0, [person()], admin.accessToken, { 'content-type': type }));
    expect(await as('text/plain')).toEqual([415, 'unsupported_media_type']);
    expect(await as('application/x-www-form-urlencoded')).toEqual([415, 'unsupported_media_type']);
    expect(await as('application/json')).toEqual([400, 'validation_failed']);
    const elsewhere = await fetch(`${service.url}/auth/login`, { method: 'POST', headers: ndjson, body: '{}' });
    expect(elsewhere.status).toBe(415);
  });

  it('that does not arrive in time ends its connection, and changes nothing', async () => {
    const impatient = await startTestService({ DATABASE_URL: service.databaseUrl, REQUEST_TIMEOUT_SECONDS: '1' });
    const id = await start();
    const url = linesOf(id).replace(service.url, impatient.url);
    const slow = { ...ndjson, 'content-length': '100' };
    expect(await sendHead(url, admin.accessToken, slow)).toEqual({ status: 408, code: 'request_timeout' });
    expect((await call('GET', `/${id}`)).body).toMatchObject({ state: 'running', lines: 0 });
  });
});

it('responds 404 for an unknown import', async () => {
  const nobody = '/0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/finish'],
    ['DELETE', ''],
    ['GET', '/refused'],
  ] as const) {
    expect(outcome(await call(method, nobody + path))).toEqual([404, 'import_not_found']);
  }
  expect(outcome(await send(nobody.slice(1), 0, []))).toEqual([404, 'import_not_found']);
});

it('an imported person logs in with the password of the other system', async () => {
  const { email } = await client.newAccount();
  const { rows } = await service.database.query('SELECT password_hash FROM account WHERE email = $1', [email]);
  const one = { email: newEmail(), password_hash: rows[0].password_hash };
  const id = await start();
  await send(id, 0, [one]);
  expect((await client.login(one.email, strongPassword)).status).toBe(200);
});
