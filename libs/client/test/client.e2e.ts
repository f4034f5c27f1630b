import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newAdmin, newEmail } from '../../../apps/auth/test/support/client.ts';
import { startTestService, strongPassword, type TestService } from '../../../apps/auth/test/support/service.ts';
import { isAnonymous } from '../src/client.ts';
import { createAuthClient, createFetch, customSession, orThrow, ProblemError, tokenSession } from '../src/index.ts';
import { Front, hang, hangUp, respond } from './support/front.ts';

let service: TestService;
let front: Front;

beforeAll(async () => {
  service = await startTestService();
  front = await Front.of(service.url);
});
beforeEach(() => {
  front.requests = [];
  front.faults.length = 0;
});

/** A client of a new account, and its session. */
async function logIn() {
  const onEnd = vi.fn();
  const session = tokenSession({ baseUrl: front.url, onEnd });
  const client = createAuthClient({ baseUrl: front.url, session });
  const body = { email: newEmail(), password: strongPassword };
  await orThrow(client.POST('/auth/register', { body }));
  const tokens = await orThrow(client.POST('/auth/login', { body }));
  if (!('access_token' in tokens)) {
    throw new Error('no tokens');
  }
  await session.start(tokens);
  return { client, session, tokens, onEnd, email: body.email };
}

it('knows the routes that take no access token', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../apps/auth/openapi.json'), 'utf8');
  const { paths } = JSON.parse(document) as { paths: Record<string, Record<string, { security?: unknown }>> };
  for (const [path, operations] of Object.entries(paths)) {
    const wanting = Object.values(operations).map(({ security }) => security === undefined);
    expect([path, Object.values(wanting)]).toEqual([path, wanting.map(() => isAnonymous(path))]);
  }
});

describe('a session', () => {
  it('refreshes once for any number of calls whose token was rejected', async () => {
    const { client, session, tokens, email } = await logIn();
    await session.start({ ...tokens, access_token: `${tokens.access_token.slice(0, -8)}AAAAAAAA` });
    const calls = await Promise.all(Array.from({ length: 30 }, () => client.GET('/auth/me')));
    expect(calls.map(({ data }) => data?.email)).toEqual(Array(30).fill(email));
    expect(front.count('POST /auth/refresh')).toBe(1);
  });

  it('refreshes once before its token expires', async () => {
    const { client, session, tokens } = await logIn();
    await session.start({ ...tokens, expires_in: 0 });
    front.requests = [];
    await Promise.all(Array.from({ length: 10 }, () => orThrow(client.GET('/auth/sessions'))));
    expect([front.count('POST /auth/refresh'), front.count('GET /auth/sessions')]).toEqual([1, 10]);
  });

  it('survives a lost answer to its refresh', async () => {
    const { client, session, tokens } = await logIn();
    await session.start({ ...tokens, expires_in: 0 });
    front.faults.push((incoming, response) => {
      // the service has refreshed, and nobody hears of it
      void fetch(`${service.url}/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: tokens.refresh_token }),
      }).then(() => response.destroy());
      incoming.resume();
      return true;
    });
    await orThrow(client.GET('/auth/me'));
  });

  it('ends once, and tells the app', async () => {
    const { client, session, tokens, onEnd } = await logIn();
    await orThrow(client.POST('/auth/logout-all'));
    await session.start({ ...tokens, expires_in: 0 });
    const calls = await Promise.all(Array.from({ length: 10 }, () => client.GET('/auth/me')));
    expect(calls.map(({ error }) => error?.code)).toEqual(Array(10).fill('token_missing'));
    expect((await client.GET('/auth/me')).error?.code).toBe('token_missing');
    expect([onEnd.mock.calls.length, front.count('POST /auth/refresh')]).toEqual([1, 1]);
  });

  it('does not end because the service, or something before it, is out of order', async () => {
    const { client, session, tokens, onEnd } = await logIn();
    await session.start({ ...tokens, expires_in: 0 });
    front.faults.push(respond(401), respond(503), respond(503), respond(503));
    await expect(orThrow(client.GET('/auth/me'))).rejects.toMatchObject({ code: 'http_401' });
    await expect(orThrow(client.GET('/auth/me'))).rejects.toMatchObject({ code: 'http_503' });
    await orThrow(client.GET('/auth/me'));
    expect(onEnd).not.toHaveBeenCalled();
  });

  it('ends with a logout', async () => {
    const { client, session, tokens, onEnd } = await logIn();
    await session.end();
    expect((await client.GET('/auth/me')).error?.code).toBe('token_missing');
    const { error } = await client.POST('/auth/refresh', { body: { refresh_token: tokens.refresh_token } });
    expect([error?.code, onEnd.mock.calls.length]).toEqual(['refresh_token_invalid', 0]);
  });

  it('may be the app’s own', async () => {
    const { tokens } = await logIn();
    let held: string | undefined = 'invalid';
    const refresh = vi.fn(async () => (held = tokens.access_token));
    const session = customSession({ accessToken: () => held, refresh });
    const client = createAuthClient({ baseUrl: front.url, session });
    await Promise.all(Array.from({ length: 10 }, () => orThrow(client.GET('/auth/me'))));
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('of the app that can’t be refreshed ends once', async () => {
    const onEnd = vi.fn();
    const session = customSession({ accessToken: () => 'invalid', refresh: async () => undefined, onEnd });
    const client = createAuthClient({ baseUrl: front.url, session });
    for (const call of [1, 2]) {
      const results = await Promise.all(Array.from({ length: 5 }, () => client.GET('/auth/me')));
      expect([call, ...results.map(({ error }) => error?.code)]).toEqual([call, ...Array(5).fill('token_invalid')]);
    }
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('sends its token to its own service alone', async () => {
    const { session } = await logIn();
    const seen: unknown[] = [];
    const note = respond(200, 'noted');
    front.faults.push(
      ...Array.from({ length: 3 }, (): typeof note => (incoming, response) => {
        seen.push(incoming.headers.authorization);
        return note(incoming, response);
      }),
    );
    const notes = createFetch({ baseUrl: `${front.url}/notes`, session });
    for (const path of ['/notes/1', '/notes-of-others', '/']) {
      await notes(front.url + path);
    }
    expect(seen).toEqual([expect.stringMatching(/^Bearer ey/), undefined, undefined]);
  });
});

describe('a call', () => {
  const anonymous = (options = {}) => createAuthClient({ baseUrl: front.url, ...options });
  const ready = 'GET /health/ready';
  const login = 'POST /auth/login';
  const body = { email: 'nobody@example.com', password: 'wrong' };

  it('is repeated if it only reads', async () => {
    front.faults.push(hangUp, respond(502));
    await orThrow(anonymous().GET('/health/ready'));
    expect(front.count(ready)).toBe(3);
  });

  it('is repeated twice at most', async () => {
    front.faults.push(hangUp, hangUp, hangUp);
    await expect(anonymous().GET('/health/ready')).rejects.toThrow('fetch failed');
    expect(front.count(ready)).toBe(3);
  });

  it('that writes is not repeated when nobody knows what it has done', async () => {
    front.faults.push(hangUp);
    await expect(anonymous().POST('/auth/login', { body })).rejects.toThrow('fetch failed');
    for (const fault of [respond(502), respond(503, 'database_unavailable', { 'retry-after': '0' })]) {
      front.faults.push(fault);
      const { response } = await anonymous().POST('/auth/login', { body });
      expect(response.ok).toBe(false);
    }
    expect(front.count(login)).toBe(3);
  });

  it('that writes is repeated after the time that the service names when it has done nothing', async () => {
    front.faults.push(respond(503, 'overloaded', { 'retry-after': '1' }));
    const began = performance.now();
    const { error } = await anonymous().POST('/auth/login', { body });
    expect([error?.code, front.count(login)]).toEqual(['credentials_invalid', 2]);
    expect(performance.now() - began).toBeGreaterThan(1000);
  });

  it('is not repeated after a long time', async () => {
    front.faults.push(respond(429, 'too_many_attempts', { 'retry-after': '60' }));
    const { error, response } = await anonymous().POST('/auth/login', { body });
    expect([error?.code, response.headers.get('retry-after')]).toEqual(['too_many_attempts', '60']);
  });

  it('with a stream for its body is not repeated', async () => {
    front.faults.push(respond(503, 'overloaded', { 'retry-after': '0' }));
    const stream = new Blob([JSON.stringify(body)]).stream();
    const streamed = { body, bodySerializer: () => stream, duplex: 'half' as const };
    const { error } = await anonymous().POST('/auth/login', streamed);
    expect([error, front.count(login)]).toEqual([expect.objectContaining({ code: 'overloaded' }), 1]);
  });

  it('ends at its time limit, and when the app aborts it', async () => {
    front.faults.push(hang, hang, hang);
    await expect(anonymous({ timeoutMs: 2000 }).GET('/health/ready')).rejects.toMatchObject({ name: 'TimeoutError' });
    const call = anonymous().GET('/health/ready', { timeoutMs: 2000 });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    const abort = new AbortController();
    const aborted = anonymous().GET('/health/ready', { signal: abort.signal });
    const refused = expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(front.count(ready)).toBe(3), { timeout: 60_000 });
    abort.abort();
    await refused;
    expect(front.count(ready)).toBe(3);
  });

  it('that is aborted leaves the refresh to the others', async () => {
    const { client, session, tokens } = await logIn();
    await session.start({ ...tokens, expires_in: -1 });
    const abort = new AbortController();
    const [aborted, other] = [client.GET('/auth/me', { signal: abort.signal }), client.GET('/auth/me')];
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect((await other).response.status).toBe(200);
    expect(front.count('POST /auth/refresh')).toBe(1);
  });
});

describe('a problem', () => {
  it('has one of its route’s codes', async () => {
    const { accessToken, id } = await newAdmin(service);
    const session = customSession({ accessToken: () => accessToken, refresh: async () => undefined });
    const client = createAuthClient({ baseUrl: front.url, session });
    const path = { id };
    const { error } = await client.PUT('/auth/admin/accounts/{id}/roles', {
      params: { path },
      body: { roles: ['user'] },
    });
    // @ts-expect-error: the route has no such problem
    expect(error?.code === 'passkey_taken').toBe(false);
    expect(error?.code === 'admin_email_unverified' || error?.code === 'last_admin').toBe(true);
  });

  it('can be an exception', async () => {
    const thrown: unknown = await orThrow(createAuthClient({ baseUrl: front.url }).GET('/auth/me')).catch(
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(ProblemError);
    expect(thrown).toMatchObject({
      code: 'token_missing',
      status: 401,
      message: 'An access token is required (token_missing)',
      problem: { request_id: expect.any(String) },
    });
  });
});
