import { beforeAll, expect, it } from 'vitest';
import { Client, newEmail, waitsSince, type Answer } from './support/client.ts';
import { copyDatabase, startTestService, type TestService } from './support/service.ts';

/** Two replicas on one database, so that the database decides what holds. */
let replicas: TestService[];
let clients: Client[];

beforeAll(async () => {
  const DATABASE_URL = await copyDatabase();
  // a new key is used a second after its creation, so that a rotation completes within a test
  const start = () => startTestService({ DATABASE_URL, KEY_PUBLISH_AHEAD_SECONDS: '1' });
  replicas = [await start(), await start()];
  clients = replicas.map(({ url }) => new Client(url));
});

const database = () => (replicas[0] as TestService).database;

/** Sends concurrent requests to the replicas in turn. */
const atOnce = (count: number, send: (client: Client, index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => send(clients[index % clients.length] as Client, index)));

const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;

it('100 concurrent refreshes rotate a refresh token once, and all get the same successor', async () => {
  const [client] = clients as [Client];
  const { refreshToken } = await client.newAccount();
  const answers = await atOnce(100, (replica) => replica.refresh(refreshToken));
  expect(count(answers, 200)).toBe(100);
  expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  expect((await client.refresh(answers[0]?.body.refresh_token)).status).toBe(200);
});

it('100 concurrent reuses end a session once', async () => {
  const [client] = clients as [Client];
  const { refreshToken } = await client.newAccount();
  await client.refresh(refreshToken);
  await database().query("UPDATE session SET rotated_at = rotated_at - interval '61 s'");
  expect(count(await atOnce(100, (replica) => replica.refresh(refreshToken)), 401)).toBe(100);
  const { rows } = await database().query("SELECT FROM audit_event WHERE type = 'session.refresh_reused'");
  expect(rows).toHaveLength(1);
});

it('50 concurrent registrations of one e-mail address, in any case, create one account', async () => {
  const email = newEmail();
  const answers = await atOnce(50, (client, index) => client.register(index % 2 === 0 ? email : email.toUpperCase()));
  expect([count(answers, 201), count(answers, 409)]).toEqual([1, 49]);
  const { rows } = await database().query('SELECT id FROM account WHERE lower(email) = $1', [email]);
  expect(rows).toHaveLength(1);
  const audited = await database().query(
    "SELECT FROM audit_event WHERE type = 'account.registered' AND subject_id = $1",
    [rows[0].id],
  );
  expect(audited.rowCount).toBe(1);
});

it('5 of 100 concurrent wrong logins are allowed', async () => {
  const [client] = clients as [Client];
  const email = newEmail();
  await client.register(email);
  const began = Date.now();
  const answers = await atOnce(100, (replica) => replica.login(email, 'not-the-password'));
  const most = 5 + waitsSince(began);
  expect(count(answers, 401)).toBeGreaterThanOrEqual(5);
  expect(count(answers, 401)).toBeLessThanOrEqual(most);
  expect(count(answers, 401) + count(answers, 429)).toBe(100);
});

it('a rotation of signing keys under traffic rejects no token', async () => {
  const [first, second] = clients as [Client, Client];
  const admin = await first.newAccount();
  await database().query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [admin.email]);
  const kids = new Set<string>();
  const refused: Answer[] = [];
  let { refreshToken } = await first.newAccount();
  let isRotating = true;
  const traffic = async () => {
    while (isRotating || kids.size < 3) {
      // signed by one replica, verified by the other
      const { body } = await first.refresh(refreshToken);
      refreshToken = body.refresh_token;
      kids.add(JSON.parse(Buffer.from(body.access_token.split('.')[0], 'base64url').toString()).kid);
      const answers = await Promise.all([second.me(body.access_token), first.me(body.access_token)]);
      refused.push(...answers.filter(({ status }) => status !== 200));
    }
  };
  const rotations = async () => {
    for (let i = 0; i < 3; i += 1) {
      // concurrent rotations create one successor, which both responses name
      const answers = await Promise.all(
        clients.map((client) => client.call('POST', '/auth/keys/rotate', { token: admin.accessToken })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      await new Promise((resolve) => setTimeout(resolve, 1300));
    }
    isRotating = false;
  };
  await Promise.all([traffic(), rotations()]);
  expect(refused).toEqual([]);
});
