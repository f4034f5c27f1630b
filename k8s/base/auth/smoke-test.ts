// Takes one account through the API at the given URL and deletes it again: register, login, me, refresh, logout.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const base = process.argv[2] ?? 'http://localhost:3000';
const patience = 240_000;
const email = `smoke-${randomBytes(8).toString('hex')}@example.com`;
const password = randomBytes(18).toString('base64url');

interface Tokens {
  access_token: string;
  refresh_token: string;
}

async function call(method: string, path: string, expected: number, body?: object, token?: string): Promise<unknown> {
  const started = performance.now();
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  console.log(
    `${method.padEnd(6)} ${path.padEnd(16)} ${response.status} ${(performance.now() - started).toFixed(0)} ms`,
  );
  if (response.status !== expected) {
    throw new Error(`${method} ${path}: ${response.status}, expected ${expected}`);
  }
  return text ? JSON.parse(text) : undefined;
}

async function ready(): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const ok = await fetch(`${base}/health/ready`, { signal: AbortSignal.timeout(5000) }).then(
      (r) => r.ok,
      () => false,
    );
    if (ok) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`${base} was not ready within ${patience / 1000} s`);
    }
    await sleep(1000);
  }
}

await ready();
await call('POST', '/auth/register', 201, { email, password });
const first = (await call('POST', '/auth/login', 200, { email, password })) as Tokens;
await call('GET', '/auth/me', 200, undefined, first.access_token);
const second = (await call('POST', '/auth/refresh', 200, { refresh_token: first.refresh_token })) as Tokens;
await call('POST', '/auth/logout', 204, undefined, second.access_token);
await call('POST', '/auth/refresh', 401, { refresh_token: second.refresh_token });
const third = (await call('POST', '/auth/login', 200, { email, password })) as Tokens;
await call('DELETE', '/auth/me', 204, { password }, third.access_token);
console.log('smoke test passed');
