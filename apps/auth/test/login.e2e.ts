import { beforeAll, describe, expect, it } from 'vitest';
import { createHmac, type KeyObject } from 'node:crypto';
import { Keyring } from '../src/keyring/index.ts';
import { Client, newEmail, waitsSince } from './support/client.ts';
import { meet } from './support/locks.ts';
import {
  holdLimits,
  productionSettings,
  startTestService,
  strongPassword,
  type TestService,
} from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

const wrong = 'not-the-password-at-all';

/** Moves all delays into the past, as if the time had passed. */
const waitOut = () => service.database.query("UPDATE attempt SET blocked_until = now() - interval '1 s'");

describe('POST /auth/login', () => {
  it('returns tokens of RFC 9068, and a cookie that identifies the device', async () => {
    const email = newEmail();
    await client.register(email);
    const { status, body, headers } = await client.login(email.toUpperCase());
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    expect(body.refresh_token).toMatch(/^rt_[\w-]{86}$/);
    expect(headers.get('set-cookie')).toMatch(/^device=[^;]+; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Strict$/);

    const [header, claims] = body.access_token
      .split('.')
      .slice(0, 2)
      .map((part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claims).toEqual({
      iss: 'http://localhost:3000',
      aud: 'devopslocally',
      client_id: 'devopslocally',
      sub: expect.any(String),
      sid: expect.any(String),
      jti: expect.any(String),
      roles: ['user'],
      email_verified: false,
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: expect.any(Number),
      iat: expect.any(Number),
      exp: claims.iat + 600,
    });
  });

  it('responds in the same way to a wrong password and to an unknown e-mail address', async () => {
    const email = newEmail();
    await client.register(email);
    const answers = await Promise.all([client.login(email, wrong), client.login(newEmail(), wrong)]);
    const [known, unknown] = answers.map(({ status, body }) => ({ status, ...body, request_id: '' }));
    expect(known).toMatchObject({ status: 401, code: 'credentials_invalid' });
    expect(unknown).toEqual(known);
  });

  it('sets the cookie for this host only and with Secure in production, and recognises it', async () => {
    const production = await startTestService(productionSettings);
    const productionClient = new Client(production.url);
    const email = newEmail();
    await productionClient.register(email);
    const { headers } = await productionClient.login(email);
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-device=[^;]+; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    const [known = ''] = cookie.split(';', 1);
    const again = await productionClient.login(email, undefined, known);
    const deviceOf = (text = '') => text.split('=')[1]?.split('.')[0];
    expect(deviceOf(again.headers.get('set-cookie') ?? '')).toBe(deviceOf(known));
  });

  it('replaces a hash with outdated parameters, once', async () => {
    const email = newEmail();
    await client.register(email);
    const hash = async () => {
      const { rows } = await service.database.query('SELECT password_hash FROM account WHERE email = $1', [email]);
      return rows[0].password_hash as string;
    };
    const stronger = await startTestService({ DATABASE_URL: service.databaseUrl, HASH_PASSES: '2' });
    await new Client(stronger.url).newSession(email);
    const replaced = await hash();
    expect(replaced).toContain('m=64,t=2,p=1');
    await new Client(stronger.url).newSession(email);
    expect(await hash()).toBe(replaced);
  });

  it('keeps a password that is set while it replaces an outdated hash', async () => {
    const [email, other, next] = [newEmail(), newEmail(), 'amber-heron-reads-97-maps'];
    await client.register(email);
    await client.register(other, next);
    const stronger = await startTestService({ DATABASE_URL: service.databaseUrl, HASH_PASSES: '2' });
    const answers = await meet(
      service,
      (database) =>
        database.query(
          `UPDATE account a SET password_hash = o.password_hash, password_changed_at = now()
           FROM account o WHERE a.email = $1 AND o.email = $2`,
          [email, other],
        ),
      [() => new Client(stronger.url).login(email)],
    );
    expect(answers.map(({ status }) => status)).toEqual([401]);
    expect((await client.login(email, next)).status).toBe(200);
    expect((await client.login(email)).status).toBe(401);
  });
});

describe('lockout', () => {
  it('allows 5 of 100 concurrent wrong logins, and says when to retry', async () => {
    const email = newEmail();
    await client.register(email);
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.login(email, wrong)));
    const most = 5 + waitsSince(began);
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect(count(401)).toBeGreaterThanOrEqual(5);
    expect(count(401)).toBeLessThanOrEqual(most);
    expect(count(401) + count(429)).toBe(100);
    // a further failure has doubled the delay
    const seconds = Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(2 ** (most - 5));
  });

  it('doubles the delay with each failure, up to 15 minutes, and resets it after a success', async () => {
    const email = newEmail();
    await client.register(email);
    const waits: number[] = [];
    for (let failure = 1; failure <= 17; failure += 1) {
      await waitOut();
      expect((await client.login(email, wrong)).status).toBe(401);
      const { rows } = await service.database.query(
        `SELECT extract(epoch FROM blocked_until - updated_at)::float AS wait FROM attempt
         WHERE key LIKE 'login:account:%' ORDER BY updated_at DESC LIMIT 1`,
      );
      waits.push(rows[0].wait);
    }
    expect(waits).toEqual([...Array<number>(4).fill(-Infinity), 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    await waitOut();
    expect((await client.login(email)).status).toBe(200);
    expect((await client.login(email, wrong)).status).toBe(401);
  });
});

describe('while a login is blocked', () => {
  beforeAll(() => holdLimits(service));

  it('failures are forgotten an hour after the last one, not before', async () => {
    const pass = (minutes: number) =>
      service.database.query('UPDATE attempt SET updated_at = updated_at - make_interval(mins => $1)', [minutes]);
    const fail = async (email: string, count: number) => {
      const statuses = [];
      while (statuses.length < count) {
        statuses.push((await client.login(email, wrong)).status);
      }
      return statuses;
    };
    const [early, late] = [newEmail(), newEmail()];
    expect(await fail(early, 4)).toEqual(Array<number>(4).fill(401));
    await pass(58);
    expect(await fail(early, 2)).toEqual([401, 429]);
    expect(await fail(late, 4)).toEqual(Array<number>(4).fill(401));
    await pass(61);
    expect(await fail(late, 6)).toEqual([...Array<number>(5).fill(401), 429]);
  });

  it('an unknown e-mail address is treated in the same way', async () => {
    const email = newEmail();
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.login(email, wrong)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });

  it('an e-mail address in another case has no attempts of its own', async () => {
    const { email } = await client.newAccount();
    const spellings = [email, email.toUpperCase(), email.replace('user', 'User')];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.login(spellings[i % 3] ?? '', wrong)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect((await client.login(email)).status).toBe(429);
  });

  it('a known device is not, and is limited separately', async () => {
    const { email, cookie } = await client.newAccount();
    await Promise.all(Array.from({ length: 20 }, () => client.login(email, wrong)));
    expect((await client.login(email)).status).toBe(429);
    expect((await client.login(email, strongPassword, cookie)).status).toBe(200);

    const answers = await Promise.all(Array.from({ length: 20 }, () => client.login(email, wrong, cookie)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect((await client.login(email, strongPassword, cookie)).status).toBe(429);
  });

  it('a device cookie is of no use if it is another account’s, forged or too old', async () => {
    const victim = await client.newAccount();
    const attacker = await client.newAccount();
    await Promise.all(Array.from({ length: 20 }, () => client.login(victim.email, wrong)));
    const [id = '', issuedAt = '', epoch = '', signature = ''] = victim.cookie.replace('device=', '').split('.');
    const key = new Keyring(service.config).derive('device cookie')[0] as KeyObject;
    const sign = (time: string) =>
      createHmac('sha256', key).update([id, time, epoch, victim.email].join('\n')).digest('base64url');
    expect(sign(issuedAt)).toBe(signature);
    const old = String(Number(issuedAt) - 366 * 24 * 60 * 60);
    for (const cookie of [
      attacker.cookie,
      `device=${id}.${issuedAt}.${epoch}.AAAA`,
      `device=x.${issuedAt}.${epoch}.${signature}`,
      `device=${id}.${old}.${epoch}.${sign(old)}`,
      `device=${id}.${issuedAt}.1.${signature}`,
      `device=${id}.${issuedAt}.${signature}`,
      'device=',
    ]) {
      expect((await client.login(victim.email, strongPassword, cookie)).status).toBe(429);
    }
  });

  it('an IP address that fails on many accounts is blocked too', async () => {
    const strict = await startTestService({ LOGIN_ADDRESS_BURST: '10' });
    await holdLimits(strict);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => new Client(strict.url).login(newEmail(), wrong)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  });

  it('successful logins do not count against the limit of their IP address', async () => {
    const strict = await startTestService({ LOGIN_ADDRESS_BURST: '3' });
    const strictClient = new Client(strict.url);
    const { email } = await strictClient.newAccount();
    for (let i = 0; i < 5; i += 1) {
      expect((await strictClient.login(email)).status).toBe(200);
    }
  });
});

it('responds with 503 and Retry-After when the hash queue is full, and does not count these logins as failures', async () => {
  const small = await startTestService({
    HASH_CONCURRENCY: '1',
    HASH_QUEUE_MAX: '2',
    HASH_MEMORY_KIB: '65536',
    // long enough that the queue is still full when the next request arrives on a busy machine
    HASH_PASSES: '5',
    LOGIN_ACCOUNT_BURST: '1000',
  });
  const smallClient = new Client(small.url);
  const { email } = await smallClient.newAccount();
  const logins = Array.from({ length: 30 }, () => smallClient.login(email));
  await Promise.race(logins);
  // such a login is rejected before its body is read
  const unread = await smallClient.call('POST', '/auth/login', { body: 'no credentials' });
  expect([unread.status, unread.body.code]).toEqual([503, 'hash_queue_full']);
  const answers = await Promise.all(logins);
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(30);
  expect(refused.length).toBeGreaterThan(0);
  expect([refused[0]?.body.code, refused[0]?.headers.get('retry-after')]).toEqual(['hash_queue_full', '1']);
  const { rows } = await small.database.query("SELECT failures FROM attempt WHERE key LIKE 'login:%' AND failures > 0");
  expect(rows).toEqual([]);
});
