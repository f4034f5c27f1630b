import { beforeAll, describe, expect, it } from 'vitest';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { newEmail } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    TRUST_PROXY: '1',
    HASH_CONCURRENCY: '1',
    // some 30 ms
    HASH_MEMORY_KIB: '19456',
    HASH_PASSES: '2',
    HASH_QUEUE_MAX: '30',
    HASH_MAX_WAIT_MS: '60000',
    LOGIN_ACCOUNT_BURST: '1000',
  });
});

/** Sends a request from an IP address, the body `delayMs` after the headers, and returns the status of the response. */
async function post(path: string, ipAddress: string, body: unknown, delayMs = 0): Promise<number> {
  const sent = request(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': ipAddress },
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  sent.flushHeaders();
  await sleep(delayMs);
  sent.end(JSON.stringify(body));
  return status;
}

/** Sends requests over and over, 40 at a time, while an action runs: more than the queue holds. */
async function during<T>(send: (i: number) => Promise<number>, action: () => Promise<T>) {
  const state = { isDone: false, sent: 0 };
  const statuses: number[] = [];
  const worker = async () => {
    while (!state.isDone) {
      const status = await send((state.sent += 1));
      statuses.push(status);
      await sleep(status === 503 ? 300 : 0);
    }
  };
  const workers = Array.from({ length: 40 }, worker);
  await sleep(1000);
  const result = await action();
  state.isDone = true;
  await Promise.all(workers);
  return { statuses, result };
}

const register = async () => {
  const credentials = { email: newEmail(), password: strongPassword };
  expect(await post('/auth/register', '192.0.2.99', credentials)).toBe(201);
  return credentials;
};

describe('while one IP address keeps the hash queue full', () => {
  it.each([
    ['an IPv4 address', () => '192.0.2.1', '192.0.2.2', 0],
    ['the addresses of an IPv6 /64', (i: number) => `2001:db8:0:1::${i.toString(16)}`, '2001:db8:0:2::1', 0],
    ['an IPv4 address, to clients whose bodies arrive late', () => '192.0.2.1', '192.0.2.2', 30],
  ])('by right logins from %s, all logins from another one succeed', async (_name, busy, other, delayMs) => {
    const [credentials, others] = [await register(), await register()];
    const { statuses: ofBusy, result } = await during(
      (i) => post('/auth/login', busy(i), credentials, delayMs),
      async () => {
        const statuses: number[] = [];
        for (let count = 0; count < 8; count += 1) {
          statuses.push(await post('/auth/login', other, others, delayMs));
        }
        return statuses;
      },
    );
    expect(result.filter((status) => status !== 200)).toEqual([]);
    // the busy one goes on too
    expect(ofBusy.filter((status) => status === 200).length).toBeGreaterThan(10);
    expect(new Set(ofBusy)).toEqual(new Set([200, 503]));
  });

  it('registrations from another one succeed', async () => {
    const credentials = await register();
    const { result } = await during(
      () => post('/auth/login', '192.0.2.1', credentials),
      async () => {
        const statuses: number[] = [];
        for (let count = 0; count < 8; count += 1) {
          const body = { email: newEmail(), password: strongPassword };
          statuses.push(await post('/auth/register', '192.0.2.2', body));
        }
        return statuses;
      },
    );
    expect(result.filter((status) => status !== 201)).toEqual([]);
  });
});
