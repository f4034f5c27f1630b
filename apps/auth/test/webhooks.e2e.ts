import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Test } from '@nestjs/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { AppModule } from '../src/app.module.ts';
import { HousekeepingService } from '../src/housekeeping/index.ts';
import { command } from './support/command.ts';
import { Client, newAdmin, newEmail, type Answer, type Login } from './support/client.ts';
import { Receiver, type Received } from './support/receiver.ts';
import { keyEncryptionKey, startTestService, type TestService } from './support/service.ts';

const allowed = { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' };
const path = '/auth/admin/webhooks';

let service: TestService;
let client: Client;
let admin: Login & { id: string };
let receiver: Receiver;

beforeAll(async () => {
  service = await startTestService(allowed);
  client = new Client(service.url);
  admin = await newAdmin(service);
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(204).end();
});

const call = (method: string, url: string, body?: object) =>
  client.call(method, url, { token: admin.accessToken, ...(body && { body }) });

/** A webhook that gets these events at the receiver. */
async function subscribe(eventTypes: string[], change: object = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await call('POST', path, { url: receiver.url(), event_types: eventTypes, ...change });
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}

async function until<T>(find: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await find();
    if (found) {
      return found;
    }
    await sleep(50);
  }
  throw new Error('it did not happen within 30 s');
}

const arrival = (type: string, count = 1) =>
  until(() => (receiver.ofType(type).length >= count ? receiver.ofType(type) : undefined));
const only = (messages: Received[]) => {
  expect(messages).toHaveLength(1);
  return messages[0] as Received;
};
/** What a receiver does with the specification's own library: throws unless the signature verifies. */
const verify = (secret: string, { headers, body }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as {
    type: string;
    timestamp: string;
    data: Record<string, unknown>;
  };

const deliveriesOf = async (id: string, state: string) =>
  (await call('GET', `${path}/${id}/deliveries?state=${state}`)).body.deliveries;
/** As if the time until the next attempts had passed. */
const makeDue = () =>
  service.database.query("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'waiting'");
/** Waits until an attempt has failed. While it goes on, the next one is due a minute later. */
const attempted = (id: string, attempts: number) =>
  until(async () => {
    const { rowCount } = await service.database.query(
      `SELECT FROM webhook_delivery WHERE endpoint_id = $1 AND attempts = $2
         AND (state = 'failed' OR next_attempt_at < now() + '10 s' OR next_attempt_at > now() + '2 min')`,
      [id, attempts],
    );
    return rowCount;
  });
const auditTypes = async (id: string) => {
  const { rows } = await service.database.query('SELECT type FROM audit_event WHERE subject_id = $1 ORDER BY id', [id]);
  return rows.map(({ type }) => type as string);
};

describe('a message', () => {
  it('verifies as the Standard Webhooks specification says, and a changed one does not', async () => {
    const { secret } = await subscribe(['account.registered']);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { body: account } = await client.register(newEmail());
    const message = only(await arrival('account.registered'));

    const { type, timestamp, data } = verify(secret, message);
    expect([type, data]).toEqual([
      'account.registered',
      { event_id: expect.any(String), actor_id: account.id, subject_id: account.id, detail: {} },
    ]);
    const { rows } = await service.database.query('SELECT occurred_at FROM audit_event WHERE id = $1', [
      data['event_id'],
    ]);
    expect(rows[0]?.occurred_at).toEqual(new Date(timestamp));
    // neither who sent the request nor from where
    expect(message.body).not.toMatch(/127\.0\.0\.1|@example\.com|node/);

    const other = await subscribe(['account.deleted']);
    const { headers, body } = message;
    for (const changed of [
      { headers, body: body.replace(account.id, admin.id) },
      { headers: { ...headers, 'webhook-id': admin.id }, body },
      { headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }, body },
    ]) {
      expect(() => verify(secret, changed)).toThrow('No matching signature found');
    }
    expect(() => verify(other.secret, message)).toThrow('No matching signature found');
  });

  it('is signed with both secrets while they overlap', async () => {
    const { id, secret } = await subscribe(['key.rotated']);
    const rotated = await call('POST', `${path}/${id}/secret`, { overlap_seconds: 3600 });
    expect(rotated.status).toBe(201);
    await call('POST', `${path}/${id}/test`);
    const message = only(await arrival('webhook.test'));
    expect(String(message.headers['webhook-signature']).split(' ')).toHaveLength(2);
    verify(secret, message);
    verify(rotated.body.secret, message);

    await service.database.query('UPDATE webhook_endpoint SET previous_secret_expires_at = now() WHERE id = $1', [id]);
    receiver.received.length = 0;
    await call('POST', `${path}/${id}/test`);
    const later = only(await arrival('webhook.test'));
    expect(() => verify(secret, later)).toThrow();
    verify(rotated.body.secret, later);

    const last = await call('POST', `${path}/${id}/secret`, { overlap_seconds: 0 });
    receiver.received.length = 0;
    await call('POST', `${path}/${id}/test`);
    const final = only(await arrival('webhook.test'));
    expect(() => verify(rotated.body.secret, final)).toThrow();
    verify(last.body.secret, final);
  });

  it('leaves out facts that are too long, and the event is recorded', async () => {
    const { secret } = await subscribe(['passkey.renamed']);
    await service.database.query(
      `INSERT INTO audit_event (id, type, detail) VALUES (gen_random_uuid(), 'passkey.renamed', json_build_object('x', repeat('"', 30000)))`,
    );
    const { data } = verify(secret, only(await arrival('passkey.renamed')));
    expect(data['detail']).toEqual({ truncated: true });
  });
});

describe('an event', () => {
  it('of a transaction that is rolled back is not delivered, and a disabled webhook gets none', async () => {
    const disabled = await subscribe(['passkey.deleted'], { enabled: false });
    await subscribe(['passkey.deleted']);
    const insert = "INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'passkey.deleted')";
    await service.database.query(`BEGIN; ${insert}; ROLLBACK`);
    const { rows } = await service.database.query(`${insert} RETURNING id`);
    const message = only(await arrival('passkey.deleted'));
    expect(JSON.parse(message.body).data.event_id).toBe(rows[0]?.id);
    await sleep(1500);
    only(receiver.ofType('passkey.deleted'));
    expect(await deliveriesOf(disabled.id, 'waiting')).toEqual([]);
    expect((await call('POST', `${path}/${disabled.id}/test`)).body.code).toBe('webhook_disabled');
  });

  it('arrives although the receiver is down at first, as the same message', async () => {
    const { id, secret } = await subscribe(['email.verified']);
    const resume = await receiver.pause();
    await service.database.query("INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'email.verified')");
    await attempted(id, 1);
    const [waiting] = await deliveriesOf(id, 'waiting');
    expect(waiting).toMatchObject({
      attempts: 1,
      last_status: null,
      last_error: expect.stringContaining('ECONNREFUSED'),
    });
    expect((await call('GET', `${path}/${id}`)).body.failing_since).not.toBeNull();

    await resume();
    receiver.answer = (response) => response.writeHead(500).end();
    await makeDue();
    await attempted(id, 2);
    receiver.answer = (response) => response.writeHead(200).end('ok');
    await makeDue();
    const messages = await arrival('email.verified', 2);
    expect(messages.map(({ headers }) => headers['webhook-id'])).toEqual([waiting.id, waiting.id]);
    verify(secret, messages[1] as Received);
    await until(async () => (await call('GET', `${path}/${id}`)).body.failing_since === null);
    expect(await deliveriesOf(id, 'delivered')).toEqual([
      expect.objectContaining({ id: waiting.id, attempts: 3, last_status: 200, last_error: null }),
    ]);
  });

  it('goes out once from two replicas', async () => {
    const second = await startTestService({ ...allowed, DATABASE_URL: service.databaseUrl });
    // so slow that each replica looks for more while the other one waits
    receiver.answer = (response) => void sleep(100).then(() => response.writeHead(204).end());
    const { id } = await subscribe(['mfa.reset']);
    await service.database.query(
      "INSERT INTO audit_event (id, type) SELECT gen_random_uuid(), 'mfa.reset' FROM generate_series(1, 100)",
    );
    await until(async () => (await deliveriesOf(id, 'waiting')).length === 0);
    await second.stop();
    const ids = receiver.ofType('mfa.reset').map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids).size]).toEqual([100, 100]);
  });

  it('does not wait behind those that strangers cause', async () => {
    const own = await Receiver.start();
    await subscribe(['login.failed', 'account.roles_changed'], { url: own.url() });
    // both in one transaction, the failed logins a minute earlier
    await service.database.query(`
      INSERT INTO audit_event (id, type) SELECT gen_random_uuid(), 'login.failed' FROM generate_series(1, 40);
      UPDATE webhook_delivery SET next_attempt_at = now() - interval '1 minute' WHERE event_type = 'login.failed';
      INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'account.roles_changed')`);
    await until(() => own.received.length > 40);
    const types = own.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    // what is taken together arrives in any order
    expect(types.indexOf('account.roles_changed')).toBeLessThan(10);
    await own.stop();
  });

  it('does not wait for the receiver of another webhook', async () => {
    const silent = await Receiver.start();
    silent.answer = () => undefined;
    const { id } = await subscribe(['passkey.cloned'], { url: silent.url() });
    await service.database.query(
      "INSERT INTO audit_event (id, type) SELECT gen_random_uuid(), 'passkey.cloned' FROM generate_series(1, 50)",
    );
    await until(() => silent.connections > 0);
    await subscribe(['grant.reused']);
    await service.database.query("INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'grant.reused')");
    const since = Date.now();
    await arrival('grant.reused');
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(silent.connections).toBeLessThanOrEqual(4);
    await call('DELETE', `${path}/${id}`);
    await silent.stop();
  });
});

describe('a message that is refused', () => {
  const insert = "INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'consent.given')";

  it('becomes a dead letter after ten attempts, and is delivered again on demand', async () => {
    const { id } = await subscribe(['consent.given']);
    receiver.answer = (response) => response.writeHead(503).end();
    await service.database.query(insert);
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await makeDue();
      await attempted(id, attempt);
      if (attempt === 2) {
        // the third attempt is due after five minutes, and a fifth more at most
        const { rows } = await service.database.query(
          'SELECT extract(epoch FROM next_attempt_at - now())::int AS seconds FROM webhook_delivery WHERE endpoint_id = $1',
          [id],
        );
        expect(rows[0]?.seconds).toBeGreaterThan(250);
        expect(rows[0]?.seconds).toBeLessThanOrEqual(360);
      }
    }
    const [dead] = await deliveriesOf(id, 'failed');
    expect(dead).toMatchObject({ attempts: 10, last_status: 503, next_attempt_at: null });
    expect((await call('GET', `${path}/${id}`)).body).toMatchObject({ enabled: true, dead_letters: 1 });

    receiver.answer = (response) => response.writeHead(204).end();
    receiver.received.length = 0;
    const replay = `${path}/${id}/deliveries/${dead.id}/replay`;
    expect((await call('POST', replay)).status).toBe(202);
    expect(only(await arrival('consent.given')).headers['webhook-id']).toBe(dead.id);
    await until(async () => (await deliveriesOf(id, 'delivered')).length === 1);
    expect((await call('GET', `${path}/${id}`)).body.dead_letters).toBe(0);

    await service.database.query("UPDATE webhook_delivery SET state = 'failed' WHERE id = $1", [dead.id]);
    const replayAll = (since: number) =>
      call('POST', `${path}/${id}/replay`, { since: new Date(Date.now() + since).toISOString() });
    expect((await replayAll(60_000)).body).toEqual({ replayed: 0 });
    expect((await replayAll(-60_000)).body).toEqual({ replayed: 1 });
    await arrival('consent.given', 2);
    expect(await auditTypes(id)).toEqual([
      'webhook.created',
      'webhook.replayed',
      'webhook.replayed',
      'webhook.replayed',
    ]);
  });

  it('is repeated when its receiver asks for it, which gets no other message until then', async () => {
    const busy = await Receiver.start();
    busy.answer = (response) => response.writeHead(429, { 'retry-after': '7200' }).end();
    const { id } = await subscribe(['email.changed'], { url: busy.url() });
    await call('POST', `${path}/${id}/test`);
    await attempted(id, 1);
    await call('POST', `${path}/${id}/test`);
    // one to another receiver is delivered within a second
    const { id: other } = await subscribe(['email.changed']);
    await call('POST', `${path}/${other}/test`);
    await until(async () => (await deliveriesOf(other, 'delivered')).length === 1);
    expect(busy.received).toHaveLength(1);
    const { rows } = await service.database.query(
      `SELECT attempts, next_attempt_at > now() + interval '115 min' AS late FROM webhook_delivery
       WHERE endpoint_id = $1 ORDER BY attempts`,
      [id],
    );
    expect(rows).toEqual([
      { attempts: 0, late: false },
      { attempts: 1, late: true },
    ]);
    // another URL is another receiver, which has asked for nothing
    await call('PUT', `${path}/${id}`, { url: receiver.url(), event_types: ['email.changed'] });
    await until(async () => (await deliveriesOf(id, 'delivered')).length === 1);
    await busy.stop();
  });

  it('is not kept for a receiver that has asked to wait for days', async () => {
    const busy = await Receiver.start();
    busy.answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end();
    const { id } = await subscribe(['email.changed'], { url: busy.url() });
    await service.database.query(
      "UPDATE webhook_endpoint SET failing_since = now() - interval '6 days' WHERE id = $1",
      [id],
    );
    await call('POST', `${path}/${id}/test`);
    await until(async () => (await call('GET', `${path}/${id}`)).body.disabled_reason === 'failing');
    await busy.stop();
  });

  it('with 410 from a former URL leaves the webhook as it is', async () => {
    const former = await Receiver.start();
    const { id } = await subscribe(['consent.withdrawn'], { url: former.url() });
    let gone: (() => void) | undefined;
    former.answer = (response) => {
      gone = () => response.writeHead(410).end();
    };
    await call('POST', `${path}/${id}/test`);
    await until(() => gone);
    await call('PUT', `${path}/${id}`, { url: receiver.url(), event_types: ['consent.withdrawn'] });
    gone?.();
    await until(async () => (await deliveriesOf(id, 'failed')).length === 1);
    expect((await call('GET', `${path}/${id}`)).body.enabled).toBe(true);
    await former.stop();
  });

  it('with 410 disables the webhook', async () => {
    const { id } = await subscribe(['consent.withdrawn']);
    receiver.answer = (response) => response.writeHead(410).end();
    await call('POST', `${path}/${id}/test`);
    await until(async () => !(await call('GET', `${path}/${id}`)).body.enabled);
    expect((await call('GET', `${path}/${id}`)).body.disabled_reason).toBe('gone');
    expect(await auditTypes(id)).toContain('webhook.disabled');
    const [dead] = await deliveriesOf(id, 'failed');
    expect(dead).toMatchObject({ attempts: 1, last_status: 410 });
  });

  it('for the last time disables a webhook that has refused everything for five days', async () => {
    const { id } = await subscribe(['account.imported']);
    receiver.answer = (response) => response.writeHead(500).end();
    await service.database.query("UPDATE webhook_endpoint SET failing_since = now() - interval '6 d' WHERE id = $1", [
      id,
    ]);
    await call('POST', `${path}/${id}/test`);
    await attempted(id, 1);
    expect((await call('GET', `${path}/${id}`)).body.enabled).toBe(true);
    await service.database.query(
      'UPDATE webhook_delivery SET attempts = 9, next_attempt_at = now() WHERE endpoint_id = $1',
      [id],
    );
    await until(async () => (await call('GET', `${path}/${id}`)).body.disabled_reason === 'failing');

    const settings = { url: receiver.url(), event_types: ['account.imported'] };
    const { body } = await call('PUT', `${path}/${id}`, settings);
    expect([body.enabled, body.disabled_reason, body.failing_since]).toEqual([true, null, null]);
    expect((await auditTypes(id)).slice(-2)).toEqual(['webhook.disabled', 'webhook.changed']);
  });
});

describe('the admin API', () => {
  it('creates, shows, changes and deletes webhooks, and never shows a secret again', async () => {
    const created = await subscribe(['account.created'], { description: 'CRM' });
    const settings = {
      url: `${receiver.url('/other')}?token=in-the-url`,
      event_types: ['account.deleted'],
      description: 'x',
    };
    const changed = await call('PUT', `${path}/${created.id}`, settings);
    expect([changed.status, changed.body]).toEqual([200, expect.objectContaining({ ...settings, enabled: true })]);
    expect((await call('GET', path)).body.webhooks).toContainEqual(changed.body);
    const rotated = await call('POST', `${path}/${created.id}/secret`, {});
    const shown = JSON.stringify([(await call('GET', path)).body, (await call('GET', `${path}/${created.id}`)).body]);
    const stored = async (query: string) =>
      (await service.database.query<{ row: string }>(query)).rows.map(({ row }) => row).join();
    const audited = await stored('SELECT e::text AS row FROM audit_event e');
    const kept = await stored(
      "SELECT encode(secret, 'base64') || encode(previous_secret, 'base64') AS row FROM webhook_endpoint",
    );
    for (const secret of [created.secret, rotated.body.secret]) {
      const key = secret.replace('whsec_', '');
      expect([shown.includes(key), audited.includes(key), kept.includes(key)]).toEqual([false, false, false]);
    }
    expect(audited.includes('in-the-url')).toBe(false);

    expect((await call('DELETE', `${path}/${created.id}`)).status).toBe(204);
    for (const [method, url, body] of [
      ['GET', ''],
      ['PUT', '', settings],
      ['DELETE', ''],
      ['POST', '/secret', {}],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/replay', { since: new Date().toISOString() }],
      ['POST', `/deliveries/${admin.id}/replay`],
    ] as const) {
      expect(outcome(await call(method, `${path}/${created.id}${url}`, body))).toBe('404 webhook_not_found');
    }
    expect(await auditTypes(created.id)).toEqual([
      'webhook.created',
      'webhook.changed',
      'webhook.secret_rotated',
      'webhook.deleted',
    ]);
  });

  it('deletes the deliveries of a deleted webhook, and old ones but those that were replayed lately', async () => {
    const deleted = await subscribe(['device.connected']);
    const kept = await subscribe(['device.connected']);
    const disabled = await subscribe(['account.created'], { enabled: false });
    const resume = await receiver.pause();
    await service.database.query("INSERT INTO audit_event (id, type) VALUES (gen_random_uuid(), 'device.connected')");
    await call('DELETE', `${path}/${deleted.id}`);
    await service.database.query(
      `INSERT INTO webhook_delivery (endpoint_id, event_type, payload, state, created_at, finished_at, next_attempt_at) VALUES
       ($1, 'old', '', 'failed', now() - interval '31 d', now() - interval '28 d', now()),
       ($2, 'old', '', 'waiting', now() - interval '31 d', NULL, now() - interval '31 d'),
       ($1, 'old', '', 'delivered', now() - interval '8 d', now() - interval '8 d', now()),
       ($1, 'recent', '', 'failed', now() - interval '29 d', now() - interval '28 d', now()),
       ($1, 'recent', '', 'failed', now() - interval '31 d', now() - interval '6 d', now()),
       ($1, 'recent', '', 'waiting', now() - interval '31 d', NULL, now() + interval '1 d'),
       ($1, 'recent', '', 'delivered', now() - interval '8 d', now() - interval '6 d', now())`,
      [kept.id, disabled.id],
    );
    const left = async () => {
      const { rows } = await service.database.query(
        'SELECT event_type FROM webhook_delivery WHERE endpoint_id = ANY ($1) ORDER BY 1',
        [[deleted.id, kept.id, disabled.id]],
      );
      return rows.map(({ event_type }) => event_type as string).join();
    };
    const housekeeping = await Test.createTestingModule({ imports: [AppModule.register(service.config)] }).compile();
    // a round does nothing while the service's own has the lock
    await until(async () => {
      await housekeeping.get(HousekeepingService, { strict: false }).runRound();
      return !(await left()).includes('old');
    });
    await housekeeping.close();
    expect(await left()).toBe('device.connected,recent,recent,recent,recent');
    await resume();
  });

  it('pages through deliveries', async () => {
    const { id } = await subscribe(['account.data_exported'], { enabled: false });
    await service.database.query(
      `INSERT INTO webhook_delivery (endpoint_id, event_type, payload, state)
       SELECT $1, 'n' || n, '', 'failed' FROM generate_series(1, 5) n`,
      [id],
    );
    const seen: string[] = [];
    for (let after = '', more = true; more;) {
      const { body } = await call('GET', `${path}/${id}/deliveries?limit=2${after}`);
      seen.push(...body.deliveries.map((delivery: { event_type: string }) => delivery.event_type));
      after = `&after=${String(body.next)}`;
      more = body.next !== null;
    }
    expect(seen.toSorted()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
  });

  it('has room for 50 webhooks, also if they are created at once', async () => {
    const own = await startTestService(allowed);
    const { accessToken: token } = await newAdmin(own);
    const body = { url: receiver.url(), event_types: ['account.created'] };
    const create = () => new Client(own.url).call('POST', path, { token, body });
    for (let count = 0; count < 48; count += 1) {
      await create();
    }
    const answers = (await Promise.all(Array.from({ length: 6 }, create))).map(outcome);
    expect(answers.filter((answer) => answer === '201 undefined')).toHaveLength(2);
    expect(answers.filter((answer) => answer === '409 webhooks_full')).toHaveLength(4);
    await own.stop();
  });

  it.each([
    [{ event_types: [] }, 'event_types'],
    [{ event_types: ['*'] }, 'event_types.0'],
    [{ event_types: ['audit.read'] }, 'event_types.0'],
    [{ event_types: ['account.created', 'account.created'] }, 'event_types'],
    [{ url: 'ftp://example.com/' }, 'url'],
    [{ url: 'https://example.com/#fragment' }, 'url'],
    [{ url: 'https://user@example.com/' }, 'url'],
    [{ url: `https://example.com/${'x'.repeat(512)}` }, 'url'],
  ])('rejects %j', async (change, where) => {
    const { status, body } = await call('POST', path, {
      url: receiver.url(),
      event_types: ['account.created'],
      ...change,
    });
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'validation_failed', where]);
  });
});

it('a secret survives the rotation of the key-encryption key', async () => {
  const { id, secret } = await subscribe(['admin.created']);
  const { body } = await call('POST', `${path}/${id}/secret`, { overlap_seconds: 3600 });
  const keys = `${Buffer.alloc(32, 8).toString('base64')},${keyEncryptionKey}`;
  const environment = { KEY_ENCRYPTION_KEYS: keys };
  const { output } = await command(service.databaseUrl, ['keys', 'reencrypt'], false, environment);
  expect(output).toMatch(/webhook_endpoint [1-9]/);
  const [first = ''] = keys.split(',');
  const next = await startTestService({ ...allowed, DATABASE_URL: service.databaseUrl, KEY_ENCRYPTION_KEYS: first });
  await service.stop();
  const { accessToken: token } = await newAdmin(next);
  await new Client(next.url).call('POST', `${path}/${id}/test`, { token });
  const message = only(await arrival('webhook.test'));
  verify(secret, message);
  verify(body.secret, message);
});

const outcome = ({ status, body }: Answer) => `${String(status)} ${String(body?.code)}`;
