import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, newEmail } from './support/client.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

const breached = 'amber-heron-reads-97-maps';
const padded = 'silver-badger-paints-55-doors';

const digest = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();
const line = (password: string, count: number) => `${digest(password).slice(5)}:${String(count)}`;
const padding = () => `${randomBytes(18).toString('hex').toUpperCase().slice(1)}:0`;

/** A valid response of the range protocol. */
const range = (_request: IncomingMessage, response: ServerResponse) => {
  response.end([padding(), line(breached, 3), line(padded, 0), padding()].join('\r\n'));
};

let respond = range;
const requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  respond(request, response);
});
let service: TestService;
let client: Client;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  service = await startTestService({
    BREACHED_PASSWORDS_URL: `http://127.0.0.1:${String(port)}/range/`,
    BREACHED_PASSWORDS_TIMEOUT_MS: '2000',
  });
  client = new Client(service.url);
});

beforeEach(() => {
  respond = range;
  requests.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const checks = async (result: string) => {
  const text = await (await fetch(service.metricsUrl)).text();
  return Number(new RegExp(`auth_breached_password_checks_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1]);
};

it('rejects a breached password at registration and password change, and sends only 5 digits of its hash', async () => {
  const { status, body } = await client.register(newEmail(), breached);
  expect([status, body.code]).toEqual([422, 'password_breached']);
  expect(requests.map(({ url, headers }) => [url, headers['add-padding']])).toEqual([
    [`/range/${digest(breached).slice(0, 5)}`, 'true'],
  ]);

  const { email, accessToken } = await client.newAccount();
  const change = await client.call('PUT', '/auth/me/password', {
    token: accessToken,
    body: { current_password: strongPassword, new_password: breached },
  });
  expect([change.status, change.body.code]).toEqual([422, 'password_breached']);
  expect((await client.login(email)).status).toBe(200);
  expect(await checks('found')).toBe(2);
});

it('accepts a password that occurs only as padding', async () => {
  expect((await client.register(newEmail(), padded)).status).toBe(201);
});

it('calls the service only after rate limits and strength have been checked', async () => {
  await client.register(newEmail(), 'password1');
  const limited = await startTestService({ ...environmentOf(service), REGISTER_ADDRESS_BURST: '2' });
  await holdLimits(limited);
  const strict = new Client(limited.url);
  for (let i = 0; i < 5; i += 1) {
    await strict.register(newEmail(), breached);
  }
  expect(requests).toHaveLength(2);
});

describe('accepts the password and counts a failure if the service', () => {
  const failures: Record<string, typeof range> = {
    'never responds': () => undefined,
    'stalls during the response': (_request, response) => response.write(line(breached, 3)),
    'drops the connection': ({ socket }) => socket.destroy(),
    'responds with an error': (request, response) => {
      response.statusCode = 503;
      range(request, response);
    },
    'redirects elsewhere': (_request, response) => response.writeHead(302, { location: '/range/elsewhere' }).end(),
    'responds with another format': (_request, response) => response.end(`<html>\n${line(breached, 3)}`),
    'sends a response that is too long': (_request, response) => {
      response.end([...Array.from({ length: 60_000 }, padding), line(breached, 3)].join('\n'));
    },
  };

  it.each(Object.keys(failures))('%s', async (failure) => {
    respond = failures[failure] ?? range;
    const before = await checks('failed');
    expect((await client.register(newEmail(), breached)).status).toBe(201);
    expect(await checks('failed')).toBe(before + 1);
    expect(requests).toHaveLength(1);
  });
});

it('is off without the setting', async () => {
  const off = new Client((await startTestService()).url);
  expect((await off.register(newEmail(), breached)).status).toBe(201);
  expect(requests).toEqual([]);
});

/** Settings that make another service call the same server. */
function environmentOf({ config }: TestService): NodeJS.ProcessEnv {
  return { BREACHED_PASSWORDS_URL: config.BREACHED_PASSWORDS_URL };
}
