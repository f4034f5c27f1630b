import { beforeAll, describe, expect, it } from 'vitest';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, newEmail, waitsSince, type Answer } from './support/client.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

/** The default burst of an account or a device, and that of all known devices of an account together. */
const burst = 5;
const sharedBurst = 3 * burst;
const wrong = 'a wrong but long password';
const nextPassword = 'amber-heron-reads-97-maps';

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  await holdLimits(service);
});

const times = <T>(count: number, act: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)));
const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')?.split(';', 1)[0] ?? '';
const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;
/** One after the other, because concurrent logins of one account are limited too. */
const inTurn = async <T>(length: number, act: (index: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  while (results.length < length) {
    results.push(await act(results.length));
  }
  return results;
};
const knownDevices = (email: string) => inTurn(30, async () => (await client.newSession(email)).cookie);
const challenge = async (email: string, cookie: string) =>
  (await client.login(email, strongPassword, cookie)).body.mfa_token as string;
const answerChallenge = (token: string, code: string) =>
  client.call('POST', '/auth/login/mfa', { body: { mfa_token: token, code } });
const changePassword = (token: string, cookie?: string) =>
  client.call('PUT', '/auth/me/password', {
    token,
    body: { current_password: strongPassword, new_password: nextPassword },
    ...(cookie === undefined ? {} : { headers: { cookie } }),
  });
const beginTotp = (token: string, password: string) =>
  client.call('POST', '/auth/mfa/totp', { token, body: { password } });
const passMinutes = (minutes: number) =>
  service.database.query(
    `UPDATE attempt SET updated_at = updated_at - make_interval(mins => $1),
      blocked_until = blocked_until - make_interval(mins => $1)`,
    [minutes],
  );
const waitOut = () => service.database.query("UPDATE attempt SET blocked_until = '-infinity'");

/** Guesses 5 times on each of 30 devices; 5 guesses on one device are concurrent with those on the others. */
async function guess(cookies: string[], attempt: (cookie: string) => Promise<Answer>, most: number): Promise<void> {
  const began = Date.now();
  const answers = (await times(5, () => times(cookies.length, (i) => attempt(cookies[i] ?? '')))).flat();
  // an answer 503 says that the hash queue is full: nothing was checked
  const counted = count(answers, 401) + count(answers, 403);
  expect(counted + count(answers, 429) + count(answers, 503)).toBe(answers.length);
  expect(counted).toBeGreaterThanOrEqual(burst);
  expect(counted).toBeLessThanOrEqual(most + waitsSince(began));
}

describe('30 cookies of known devices', () => {
  it('do not multiply the guesses of a password', async () => {
    const { email } = await client.newAccount();
    const cookies = await knownDevices(email);
    await guess(cookies, (cookie) => client.login(email, wrong, cookie), sharedBurst);
  });

  it('are those of unknown devices after the password has changed, and do not block known ones', async () => {
    const { email, accessToken, cookie } = await client.newAccount();
    const cookies = await knownDevices(email);
    const changed = await changePassword(accessToken, cookie);
    expect(changed.status).toBe(204);
    await guess(cookies, (stale) => client.login(email, wrong, stale), burst);
    expect((await client.login(email, nextPassword)).status).toBe(429);
    expect((await client.login(email, nextPassword, cookieOf(changed))).status).toBe(200);
  });

  it('do not multiply the guesses of a code', async () => {
    const { email, app, recoveryCodes } = await newEnrolledAccount(client);
    await service.database.query(`UPDATE account SET second_factor = false WHERE email = $1`, [email]);
    const cookies = await knownDevices(email);
    await service.database.query(`UPDATE account SET second_factor = true WHERE email = $1`, [email]);
    const tokens = new Map<string, string>();
    await inTurn(30, async (i) => tokens.set(cookies[i] ?? '', await challenge(email, cookies[i] ?? '')));
    await guess(cookies, (cookie) => answerChallenge(tokens.get(cookie) ?? '', app.wrongCode()), sharedBurst);
    await waitOut();
    expect((await answerChallenge(await challenge(email, ''), recoveryCodes[0] ?? '')).status).toBe(200);
  });
});

/** Guesses one by one, as if each delay of the devices' own limits were over, and returns how many were checked. */
async function patientGuesses(attempts: (() => Promise<Answer>)[]): Promise<number> {
  let checked = 0;
  for (const attempt of attempts) {
    const { status } = await attempt();
    checked += status === 401 || status === 403 ? 1 : 0;
    expect([401, 403, 429]).toContain(status);
    await service.database.query(
      "UPDATE attempt SET blocked_until = '-infinity' WHERE key ~ '^(login|mfa|password):(device|session):'",
    );
  }
  return checked;
}

describe('one device or session that fails on and on', () => {
  it('does not block the passwords of the owner’s other devices', async () => {
    const stolen = await client.newAccount();
    const { cookie } = await client.newSession(stolen.email);
    const guesses = Array.from({ length: 40 }, () => () => client.login(stolen.email, wrong, stolen.cookie));
    expect(await patientGuesses(guesses)).toBe(40);
    expect((await client.login(stolen.email, strongPassword, cookie)).status).toBe(200);
  });

  it('does not block the codes of the owner’s other sessions', async () => {
    const { email, accessToken, app, recoveryCodes } = await newEnrolledAccount(client);
    const login = await answerChallenge(await challenge(email, ''), recoveryCodes[0] ?? '');
    const stepUp = (token: string, code: string) => client.call('POST', '/auth/mfa/step-up', { token, body: { code } });
    const guesses = Array.from({ length: 40 }, () => () => stepUp(accessToken, app.wrongCode()));
    expect(await patientGuesses(guesses)).toBe(40);
    expect((await stepUp(login.body.access_token, recoveryCodes[1] ?? '')).status).toBe(200);
  });

  it('does not block the password in the owner’s other sessions', async () => {
    const { email, accessToken } = await client.newAccount();
    const owner = await client.newSession(email);
    const guesses = Array.from({ length: 40 }, () => () => beginTotp(accessToken, wrong));
    expect(await patientGuesses(guesses)).toBe(40);
    expect((await beginTotp(owner.accessToken, strongPassword)).status).toBe(201);
  });

  it('leaves the others what it has not used: many devices are limited together', async () => {
    const { email, cookie } = await client.newAccount();
    const cookies = (await knownDevices(email)).slice(0, 8);
    const guess = (device: string) => () => client.login(email, wrong, device);
    expect(await patientGuesses(Array<() => Promise<Answer>>(20).fill(guess(cookie)))).toBe(20);
    const began = Date.now();
    const checked = await patientGuesses(
      cookies.flatMap((device) => Array<() => Promise<Answer>>(10).fill(guess(device))),
    );
    // two more devices have their bursts, and the first of them some more before the second has used up the rest
    expect(checked).toBeGreaterThanOrEqual(2 * burst);
    expect(checked).toBeLessThanOrEqual(3 * burst + waitsSince(began));
  });

  it('does not block them hour after hour, while others use theirs', async () => {
    const { email, accessToken } = await client.newAccount();
    const [owner, other] = [await client.newSession(email), await client.newSession(email)];
    const guesses = Array.from({ length: burst }, () => () => beginTotp(accessToken, wrong));
    for (let hour = 0; hour < 4; hour += 1) {
      await patientGuesses(guesses);
      await passMinutes(31);
      expect((await beginTotp(other.accessToken, wrong)).status).toBe(403);
      expect((await beginTotp(owner.accessToken, wrong)).status).toBe(403);
      expect((await beginTotp(owner.accessToken, strongPassword)).status).toBe(201);
      await passMinutes(31);
    }
    await patientGuesses(guesses);
    expect((await beginTotp(owner.accessToken, strongPassword)).status).toBe(201);
  });

  it('gets back no attempts that the limit of all rejected', async () => {
    const { email, accessToken } = await client.newAccount();
    const tokens = await inTurn(4, async () => (await client.newSession(email)).accessToken);
    for (const token of tokens.slice(0, 3)) {
      await patientGuesses(Array<() => Promise<Answer>>(burst).fill(() => beginTotp(token, wrong)));
    }
    const owner = () => beginTotp(accessToken, strongPassword);
    expect(count(await inTurn(burst, owner), 429)).toBe(burst);
    await waitOut();
    expect((await owner()).status).toBe(201);
    await waitOut();
    const later = await inTurn(burst, () => beginTotp(tokens[3] ?? '', wrong));
    expect(count(later, 403)).toBe(1);
  });

  it('gets back what it has counted after a success', async () => {
    const { email, cookie } = await client.newAccount();
    const other = (await client.newSession(email)).cookie;
    for (let round = 0; round < 6; round += 1) {
      expect(await patientGuesses(Array<() => Promise<Answer>>(4).fill(() => client.login(email, wrong, cookie)))).toBe(
        4,
      );
      expect((await client.login(email, strongPassword, cookie)).status).toBe(200);
    }
    expect((await client.login(email, strongPassword, other)).status).toBe(200);
  });
});

it('a stranger who fails 200 times blocks no known device', async () => {
  const { email, cookie } = await client.newAccount();
  const answers = await times(200, () => client.login(email, wrong));
  expect(count(answers, 429)).toBeGreaterThan(0);
  expect((await client.login(email)).status).toBe(429);
  expect((await client.login(email, strongPassword, cookie)).status).toBe(200);
});

it('a change of the password sets a cookie only on a known device', async () => {
  const known = await client.newAccount();
  const unknown = await client.newAccount(newEmail());
  expect((await changePassword(unknown.accessToken)).headers.get('set-cookie')).toBeNull();
  expect((await changePassword(known.accessToken, unknown.cookie)).headers.get('set-cookie')).toBeNull();
  const cookie = cookieOf(
    await client.call('PUT', '/auth/me/password', {
      token: known.accessToken,
      body: { current_password: nextPassword, new_password: strongPassword },
      headers: { cookie: (await client.login(known.email, nextPassword)).headers.get('set-cookie') ?? '' },
    }),
  );
  expect(cookie).toMatch(/^device=/);
});

describe('a cookie of a known device', () => {
  it('cannot be forged from that of another account, whose e-mail address contains the parts of the signed text', async () => {
    const victim = await client.newAccount();
    const issuedAt = String(Math.floor(Date.now() / 1000));
    const { cookie } = await client.newAccount(`a.${issuedAt}.${victim.email}`);
    const [id, time, epoch, signature] = decodeURIComponent(cookie.replace('device=', '')).split('.');
    // the text of a version before security epochs, which joined its parts by points
    const forged = `device=${encodeURIComponent([id, time, epoch, 'a'].join('\n'))}.${issuedAt}.${String(signature)}`;
    await inTurn(burst, () => client.login(victim.email, wrong));
    expect((await client.login(victim.email, wrong)).status).toBe(429);
    expect((await client.login(victim.email, wrong, forged)).status).toBe(429);
    expect((await client.login(victim.email, strongPassword, victim.cookie)).status).toBe(200);
  });

  it('is unknown to a later account with the same e-mail address', async () => {
    const { email, accessToken, cookie } = await client.newAccount();
    await client.call('DELETE', '/auth/me', { token: accessToken, body: { password: strongPassword } });
    await client.register(email);
    await inTurn(burst, () => client.login(email, wrong));
    expect((await client.login(email, wrong, cookie)).status).toBe(429);
  });
});
