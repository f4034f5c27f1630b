import { beforeAll, describe, expect, it } from 'vitest';
import { Client, waitsSince, type Answer } from './support/client.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

/** The default burst of a session, and that of all sessions of an account together. */
const burst = 5;
const sharedBurst = 3 * burst;
const wrong = 'a wrong but long password';

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

const changePassword = (token: string, current: string) =>
  client.call('PUT', '/auth/me/password', {
    token,
    body: { current_password: current, new_password: 'amber-heron-reads-97-maps' },
  });
const deleteAccount = (token: string, password: string) =>
  client.call('DELETE', '/auth/me', { token, body: { password } });
const beginTotp = (token: string, password: string) =>
  client.call('POST', '/auth/mfa/totp', { token, body: { password } });
const outcomes = (answers: Answer[]) => answers.map(({ body }) => body?.code as string | undefined);
const guesses = async (tokens: string[], rounds: number) => {
  const calls = tokens.flatMap((token) => Array.from({ length: rounds }, () => deleteAccount(token, wrong)));
  const codes = outcomes(await Promise.all(calls));
  expect(codes.filter((code) => code !== 'password_incorrect' && code !== 'too_many_attempts')).toEqual([]);
  return codes.filter((code) => code === 'password_incorrect').length;
};

describe('wrong passwords in one session', () => {
  it('do not block the owner in another one', async () => {
    const stolen = await client.newAccount();
    const owner = await client.newSession(stolen.email);
    const began = Date.now();
    const found = await guesses([stolen.accessToken], 3 * sharedBurst);
    expect(found).toBeGreaterThanOrEqual(burst);
    expect(found).toBeLessThanOrEqual(burst + waitsSince(began));
    expect((await beginTotp(owner.accessToken, strongPassword)).status).toBe(201);
    expect((await changePassword(owner.accessToken, strongPassword)).status).toBe(204);
  });

  it('are forgotten after a right one', async () => {
    const { accessToken } = await client.newAccount();
    for (let round = 0; round < 3; round += 1) {
      expect(await guesses([accessToken], burst - 1)).toBe(burst - 1);
      expect((await beginTotp(accessToken, strongPassword)).status).toBe(201);
    }
  });
});

it('wrong passwords in many sessions are limited together', async () => {
  const { email, accessToken } = await client.newAccount();
  const tokens = [accessToken];
  while (tokens.length < 12) {
    tokens.push((await client.newSession(email)).accessToken);
  }
  const began = Date.now();
  const found = await guesses(tokens, burst);
  expect(found).toBeGreaterThanOrEqual(burst);
  expect(found).toBeLessThanOrEqual(sharedBurst + waitsSince(began));
});

it('a password that the service could not check does not count', async () => {
  const busy = await startTestService({
    DATABASE_URL: service.databaseUrl,
    HASH_CONCURRENCY: '1',
    HASH_QUEUE_MAX: '1',
    HASH_MEMORY_KIB: '19456',
    // long enough that the calls meet on a busy machine
    HASH_PASSES: '40',
  });
  const { email, accessToken } = await new Client(busy.url).newAccount();
  const calls = Array.from({ length: burst }, () =>
    new Client(busy.url).call('POST', '/auth/mfa/totp', { token: accessToken, body: { password: wrong } }),
  );
  const codes = outcomes(await Promise.all(calls));
  const counted = codes.filter((code) => code === 'password_incorrect').length;
  expect(codes.filter((code) => code === 'hash_queue_full')).toHaveLength(burst - counted);
  expect(counted).toBeLessThan(burst);
  const { rows } = await service.database.query(
    "SELECT DISTINCT failures FROM attempt WHERE key LIKE 'password:%' || (SELECT id FROM account WHERE email = $1)",
    [email],
  );
  expect(rows).toEqual([{ failures: counted }]);
});
