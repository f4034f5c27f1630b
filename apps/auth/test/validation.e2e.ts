import { beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

const accounts = async () => {
  const { rows } = await service.database.query('SELECT count(*)::int AS count FROM account');
  return rows[0].count as number;
};

/** Sends a body unchanged. */
const post = async (
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) => {
  const response = await fetch(service.url + path, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
};

/** Sends bytes that no HTTP client sends. */
const raw = async (request: string) => {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.end(Buffer.from(request, 'latin1'));
  return readText(socket);
};

describe('an invalid request', () => {
  const registration = (change: object) => JSON.stringify({ email: newEmail(), password: strongPassword, ...change });

  it.each<[string, () => string | Buffer, number, string]>([
    ['malformed JSON', () => '{"email":', 400, 'malformed_json'],
    [
      'malformed UTF-8',
      () => Buffer.from(registration({ password: 'ÿþ-violet-otter-hums-42' }), 'latin1'),
      400,
      'malformed_json',
    ],
    ['a prototype key', () => '{"__proto__":{"admin":true}}', 400, 'malformed_json'],
    ['a body that is not an object', () => '[]', 400, 'validation_failed'],
    ['a null body', () => 'null', 400, 'validation_failed'],
    ['no body', () => '', 400, 'validation_failed'],
    ['a missing field', () => JSON.stringify({ email: newEmail() }), 400, 'validation_failed'],
    ['an unknown field', () => registration({ roles: ['admin'] }), 400, 'validation_failed'],
    ['a field of another type', () => registration({ password: 12345678 }), 400, 'validation_failed'],
    ['U+0000', () => registration({ password: 'violet-otter\0hums-42-songs' }), 400, 'validation_failed'],
    [
      'half a surrogate pair',
      () => registration({ password: 'violet-otter\ud800hums-42-songs' }),
      400,
      'validation_failed',
    ],
    ['a short password', () => registration({ password: 'zQ7!vx9' }), 400, 'validation_failed'],
    ['a long password', () => registration({ password: 'x'.repeat(129) }), 400, 'validation_failed'],
    ['a large body', () => registration({ password: 'x'.repeat(17_000) }), 413, 'body_too_large'],
  ])('with %s gets a 4xx and writes nothing', async (_name, body, status, code) => {
    const before = await accounts();
    const answer = await post('/auth/register', body());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
    expect(await accounts()).toBe(before);
  });

  it.each([
    'plain',
    'a@b',
    '@example.com',
    'a@',
    'a b@example.com',
    'a@example.com,b@example.com',
    '"a b"@example.com',
    `${'x'.repeat(65)}@example.com`,
    `a@${'x.'.repeat(125)}com`,
    'a@\nexample.com',
    'а@example.com' /* Cyrillic a */,
    'ａ@example.com',
    'a@exаmple.com',
    'a@example。com',
    'ada\u200b@example.com',
    'ADA@EXAMPLE.COM\u0000',
  ])('with the e-mail address %j gets 400', async (email) => {
    const { status, body } = await client.register(email);
    expect([status, body.code]).toEqual([400, 'validation_failed']);
  });

  it('takes one-time tokens with white space around them', async () => {
    const answers = await Promise.all(
      [` ${'x'.repeat(128)}\n`, 'x'.repeat(128)].map((token) =>
        client.call('POST', '/auth/email-verification/confirm', { body: { token } }),
      ),
    );
    expect(answers.map(({ body }) => body.code)).toEqual(['one_time_token_invalid', 'one_time_token_invalid']);
  });

  it('gets a response that names each invalid field', async () => {
    const { body } = await post('/auth/register', '{"email":"x","surprise":1}');
    expect(body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['', 'email', 'password']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'with the content type %s gets 415',
    async (type) => {
      const { status, body } = await post('/auth/register', 'email=a', { 'content-type': type });
      expect([status, body.code]).toEqual([415, 'unsupported_media_type']);
    },
  );

  it.each([
    ['GET', '/auth/me?x=1'],
    ['POST', '/auth/refresh?token=1'],
    ['GET', '/.well-known/jwks.json?x'],
    ['GET', '/health/live?verbose'],
  ])('%s %s with a query gets 400 or, without a token, 401', async (method, path) => {
    const { status } = await client.call(method, path);
    expect([400, 401]).toContain(status);
  });

  it('with an unexpected body gets 400', async () => {
    const { accessToken } = await client.newAccount();
    const answer = await client.call('POST', '/auth/logout', { token: accessToken, body: { all: true } });
    expect([answer.status, answer.body?.code]).toEqual([400, 'validation_failed']);
  });

  it.each(['x', '%00', '%ff', '%', 'x'.repeat(200), "1'%20OR%201=1", '..%2f..'])(
    'with %s in a path gets a 4xx',
    async (value) => {
      const { accessToken: token } = await newAdmin(service);
      const { body: document } = await client.call('GET', '/docs/openapi.json');
      const operations = Object.entries(document.paths as Record<string, object>)
        .filter(([path]) => path.includes('{'))
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
      expect(operations.length).toBeGreaterThan(40);
      for (const [method, path] of operations) {
        const { status, body } = await client.call(method, path.replace(/\{\w+\}/g, value), { token });
        expect([method, path, Math.floor(status / 100), body.code]).toEqual([method, path, 4, expect.any(String)]);
      }
    },
  );

  it('to an unknown route gets 404, with a wrong method 405 and the allowed ones', async () => {
    expect((await client.call('GET', '/nowhere')).body.code).toBe('not_found');
    const { status, headers, body } = await client.call('PUT', '/auth/me');
    expect([status, body.code, headers.get('allow')]).toEqual([405, 'method_not_allowed', 'GET, HEAD, PATCH, DELETE']);
  });

  it.each<[string, string, number, string]>([
    [
      'huge headers',
      `GET /health/live HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['NUL in a header', 'GET /health/live HTTP/1.1\r\nhost: x\r\nx-a: b\0c\r\n\r\n', 400, 'bad_request'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
    [
      'two content lengths',
      'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
      400,
      'bad_request',
    ],
  ])('with %s gets a problem, and the connection is closed', async (_name, request, status, code) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    expect(answer).toContain(`"code":"${code}"`);
  });
});

describe('x-request-id', () => {
  it('keeps a valid request id, and replaces any other', async () => {
    const idFor = async (id: string) =>
      (await client.call('GET', '/health/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor('trace-42')).toBe('trace-42');
    for (const id of ['a b', 'x'.repeat(129), '<script>', '{"a":1}']) {
      expect(await idFor(id)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

it('never responds with 5xx, whatever JSON it gets', async () => {
  const paths = ['/auth/register', '/auth/login', '/auth/refresh'];
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { email: fc.string({ unit: 'binary' }), password: fc.string({ unit: 'binary' }), refresh_token: fc.string() },
      { requiredKeys: [] },
    ),
    fc.record({ email: fc.emailAddress(), password: fc.string({ unit: 'binary', minLength: 8 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, async (path, value) => {
      const { status } = await post(path, JSON.stringify(value));
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});
