// Runs in a pod: sends a mix of requests at a steady rate and prints for each: time, kind, status, milliseconds, subject.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://auth' },
    seconds: { type: 'string', default: '60' },
    /** Requests per second by kind, such as me=20,refresh=10,login=1. */
    mix: { type: 'string', default: 'me=10' },
    users: { type: 'string', default: '10' },
    /** E-mail addresses of accounts that must be able to log in. */
    expect: { type: 'string', default: '' },
  },
});

interface User {
  email: string;
  access: string;
  refresh: string;
  /** A client never refreshes the same token twice at once. */
  refreshing?: boolean;
}

interface Answer {
  status: number;
  body: Record<string, string>;
}

const password = 'seven quiet herons over the delta';
const newEmail = () => `client-${randomBytes(6).toString('hex')}@example.com`;

async function call(
  kind: string,
  method: string,
  path: string,
  body?: object,
  token?: string,
  subject = '-',
): Promise<Answer> {
  const at = Date.now();
  const started = performance.now();
  let status = 0;
  let reason = subject;
  let answer: Record<string, string> = {};
  try {
    const response = await fetch(values.url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    status = response.status;
    answer = text ? (JSON.parse(text) as Record<string, string>) : {};
    if (!response.ok) {
      reason = answer['code'] ?? reason;
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    reason = String((cause as NodeJS.ErrnoException).code ?? cause).replaceAll(/\s/g, '_');
  }
  console.log(at, kind, status, (performance.now() - started).toFixed(1), reason);
  return { status, body: answer };
}

const login = (kind: string, email: string) => call(kind, 'POST', '/auth/login', { email, password }, undefined, email);

async function newUser(): Promise<User> {
  const email = newEmail();
  for (let attempt = 0; attempt < 60; attempt += 1) {
    await call('setup', 'POST', '/auth/register', { email, password }, undefined, email);
    const { status, body } = await login('setup', email);
    if (status === 200) {
      return { email, access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '' };
    }
    await sleep(1000);
  }
  throw new Error('could not create an account');
}

const users: User[] = [];
const turns: Record<string, number> = {};
/** Each kind of request cycles through all users on its own. */
const next = (kind: string): User => {
  const turn = (turns[kind] = (turns[kind] ?? 0) + 1);
  const user = users[turn % users.length];
  if (!user) {
    throw new Error('no users');
  }
  return user;
};

const kinds: Record<string, () => Promise<unknown>> = {
  jwks: () => call('jwks', 'GET', '/.well-known/jwks.json'),
  me: () => call('me', 'GET', '/auth/me', undefined, next('me').access),
  login: () => login('login', next('login').email),
  /** A login to an account that does not exist. */
  wrong: () => login('wrong', newEmail()),
  register: () => {
    const email = newEmail();
    return call('register', 'POST', '/auth/register', { email, password }, undefined, email);
  },
  refresh: async () => {
    let user = next('refresh');
    for (let tried = 1; user.refreshing && tried < users.length; tried += 1) {
      user = next('refresh');
    }
    if (user.refreshing) {
      return;
    }
    user.refreshing = true;
    const { status, body } = await call('refresh', 'POST', '/auth/refresh', { refresh_token: user.refresh });
    user.refreshing = false;
    if (status === 200) {
      Object.assign(user, { access: body['access_token'], refresh: body['refresh_token'] });
    }
  },
};

for (const email of values.expect.split(',').filter(Boolean)) {
  await login('expect', email);
}
for (let i = 0; i < Number(values.users); i += 1) {
  users.push(await newUser());
}
console.log('started');

let end = Date.now() + Number(values.seconds) * 1000;
process.once('SIGTERM', () => (end = 0));
const open = new Set<Promise<unknown>>();
await Promise.all(
  values.mix.split(',').map(async (part) => {
    const [kind = '', rate = '1'] = part.split('=');
    const send = kinds[kind];
    if (!send) {
      throw new Error(`unknown kind: ${kind}`);
    }
    const begin = Date.now();
    for (let turn = 0; Date.now() < end;) {
      const request = send().finally(() => open.delete(request));
      open.add(request);
      // what a stall of this machine has held back is not sent at once afterwards
      turn = Math.max(turn, Math.floor(((Date.now() - begin) * Number(rate)) / 1000)) + 1;
      await sleep(begin + (turn * 1000) / Number(rate) - Date.now());
    }
  }),
);
await Promise.allSettled(open);
console.log('finished');
