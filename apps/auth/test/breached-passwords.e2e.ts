import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, newEmail } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

const breached = 'amber-heron-reads-97-maps';
const padded = 'silver-badger-paints-55-doors';

const digest = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase();
const line = (password: string, count: number) => `${digest(password).slice(5)}:${String(count)}`;
const padding = () => `${randomBytes(18).toString('hex').toUpperCase().slice(1)}:0`;

/** A real answer of the range protocol. */
const range = (_request: IncomingMessage, response: ServerResponse) => {
  response.end([padding(), line(breached, 3), line(padded, 0), padding()].join('\r\n'));
};

let answer = range;
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});
let service: TestService;
let client: Client;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  service = await startTestService({
    BREACHED_PASSWORDS_URL: `http://127.0.0.1:${String(port)}/range/`,
    BREACHED_PASSWORDS_TIMEOUT_MS: '300',
  });
  client = new Client(service.url);
});

beforeEach(() => {
  answer = range;
  asked.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const checks = async (result: string) => {
  const text = await (await fetch(service.metricsUrl)).text();
  return Number(new RegExp(`auth_breached_password_checks_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1]);
};

it('refuses a breached password at registration and at a change, and tells 5 digits of its hash', async () => {
  const { status, body } = await client.register(newEmail(), breached);
  expect([status, body.code]).toEqual([422, 'password_breached']);
  expect(asked.map(({ url, headers }) => [url, headers['add-padding']])).toEqual([
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

it('takes no padding for a breach', async () => {
  expect((await client.register(newEmail(), padded)).status).toBe(201);
});

it('asks for nothing before the limits and the strength have been checked', async () => {
  await client.register(newEmail(), 'password1');
  const strict = new Client((await startTestService({ ...environmentOf(service), REGISTER_ADDRESS_BURST: '2' })).url);
  for (let i = 0; i < 5; i += 1) {
    await strict.register(newEmail(), breached);
  }
  expect(asked).toHaveLength(2);
});

describe('lets the password pass, and counts that, where the service', () => {
  const failures: Record<string, typeof range> = {
    'never answers': () => undefined,
    'begins an answer and stalls': (_request, response) => response.write(line(breached, 3)),
    'drops the connection': ({ socket }) => socket.destroy(),
    'answers with an error': (request, response) => {
      response.statusCode = 503;
      range(request, response);
    },
    'redirects elsewhere': (_request, response) => response.writeHead(302, { location: '/range/elsewhere' }).end(),
    'speaks of something else': (_request, response) => response.end(`<html>\n${line(breached, 3)}`),
    'says far too much': (_request, response) => {
      response.end([...Array.from({ length: 60_000 }, padding), line(breached, 3)].join('\n'));
    },
  };

  it.each(Object.keys(failures))('%s', async (failure) => {
    answer = failures[failure] ?? range;
    const before = await checks('failed');
    const began = Date.now();
    expect((await client.register(newEmail(), breached)).status).toBe(201);
    expect(Date.now() - began).toBeLessThan(1500);
    expect(await checks('failed')).toBe(before + 1);
    expect(asked).toHaveLength(1);
  });
});

it('is off without the setting', async () => {
  const off = new Client((await startTestService()).url);
  expect((await off.register(newEmail(), breached)).status).toBe(201);
  expect(asked).toEqual([]);
});

/** The settings by which another service asks the same server. */
function environmentOf({ config }: TestService): NodeJS.ProcessEnv {
  return { BREACHED_PASSWORDS_URL: config.BREACHED_PASSWORDS_URL };
}
