import { beforeAll, expect, it } from 'vitest';
import { Client, newEmail } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

/** A verified account that is some days old. */
async function accountOfDays(days: number): Promise<string> {
  const email = newEmail();
  await client.register(email);
  const age =
    'UPDATE account SET email_verified_at = now(), created_at = now() - make_interval(days => $2) WHERE email = $1';
  await service.database.query(age, [email, days]);
  return email;
}

/** How many notices of a new device were sent. */
async function notices(email: string): Promise<number> {
  const count = "SELECT count(*)::int AS n FROM mail WHERE recipient = $1 AND template = 'new_device'";
  const { rows } = await service.database.query<{ n: number }>(count, [email]);
  return rows[0]?.n ?? 0;
}

it('the first login to a new account causes no notice, the second one does', async () => {
  const email = await accountOfDays(0);
  await client.newSession(email);
  expect(await notices(email)).toBe(0);
  await client.newSession(email);
  expect(await notices(email)).toBe(1);
});

it('a login causes a notice although the audit trail has forgotten all earlier ones', async () => {
  const email = await accountOfDays(500);
  await client.newSession(email);
  expect(await notices(email)).toBe(1);
});

it('an account younger than the shortest retention of the audit trail counts as new without a login', async () => {
  const email = await accountOfDays(29);
  await client.newSession(email);
  expect(await notices(email)).toBe(0);
});
