import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import pg from 'pg';
import { selfSigned } from '../../../tools/lib/certificate.ts';
import { Client, newAdmin, type Login } from './support/client.ts';
import { NameServer } from './support/name-server.ts';
import { Program } from './support/program.ts';
import { Receiver } from './support/receiver.ts';
import { copyDatabase, startTestService, testEnvironment, type TestService } from './support/service.ts';

const path = '/auth/admin/webhooks';
/** An IP address that is public, and where nobody answers to a connection: the sink of AS112 (RFC 7535). */
const publicAddress = '192.31.196.1';

let service: TestService;
let client: Client;
let admin: Login & { id: string };
let certificate: { cert: string; key: string };
let inside: Receiver;
let names: NameServer | undefined;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  admin = await newAdmin(service);
  const { certificate: cert, key } = await selfSigned(['receiver.example.com']);
  certificate = { cert, key };
  tls.setDefaultCACertificates([...tls.getCACertificates(), certificate.cert]);
  inside = await Receiver.start(certificate);
});
afterEach(() => {
  names?.stop();
  names = undefined;
});
afterAll(() => inside.stop());

const create = (url: string, { on = client, token = admin.accessToken } = {}) =>
  on.call('POST', path, { token, body: { url, event_types: ['account.created'] } });

/** What the first attempt to send a message to a URL came to. */
async function firstAttempt(url: string, on = service, token = admin.accessToken): Promise<string> {
  const { status, body } = await create(url, { on: new Client(on.url), token });
  expect(status).toBe(201);
  await new Client(on.url).call('POST', `${path}/${body.id}/test`, { token });
  for (let tries = 0; tries < 600; tries += 1) {
    const { rows } = await on.database.query(
      "SELECT last_error, state FROM webhook_delivery WHERE endpoint_id = $1 AND (state <> 'waiting' OR last_error IS NOT NULL)",
      [body.id],
    );
    if (rows[0]) {
      return rows[0].last_error ?? rows[0].state;
    }
    await sleep(50);
  }
  throw new Error('no attempt within 30 s');
}

describe('a URL that leads into the network of the service is refused', () => {
  it.each([
    'http://93.184.216.34/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://127.0.0.1./',
    'https://0/',
    'https://１２７.０.０.１/',
    'https://10.0.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://168.63.129.16/',
    'https://100.100.100.200/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
  ])('%s', async (url) => {
    const { status, body } = await create(url);
    expect([status, body.code]).toEqual([400, 'webhook_url_refused']);
  });

  it.each([
    'https://user:password@example.com/',
    'https://127.0.0.1@example.com/',
    'https://[fe80::1%25eth0]/',
    'javascript:1',
    'file:///etc/passwd',
  ])('%s, by validation', async (url) => {
    expect((await create(url)).body.code).toBe('validation_failed');
  });
});

describe('a name that leads into the network of the service gets no connection', () => {
  const url = (name: string) => inside.url('/', name);

  it.each([
    [['127.0.0.1']],
    [[publicAddress, '127.0.0.1']],
    [[publicAddress, '::1']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::7f00:1']],
    [['fd00:ec2::254']],
    [['169.254.169.254']],
  ])('%j', async (addresses) => {
    names = await NameServer.start({ 'receiver.example.com': [addresses] });
    expect(await firstAttempt(url('receiver.example.com'))).toBe('receiver.example.com is not public');
    expect(names.queries).toContain('receiver.example.com');
    expect(inside.connections).toBe(0);
  });

  it('with a trailing dot, and localhost', async () => {
    names = await NameServer.start({ localhost: [['127.0.0.1']] });
    expect(await firstAttempt(url('localhost.'))).not.toBe('delivered');
    expect(await firstAttempt(url('localhost'))).not.toBe('delivered');
    expect(inside.connections).toBe(0);
  });

  it('whose meaning changes after the check (DNS rebinding)', async () => {
    names = await NameServer.start({ 'rebinding.example.com': [[publicAddress], ['127.0.0.1']] });
    // it goes to the IP address that was checked, where nobody answers
    expect(await firstAttempt(url('rebinding.example.com'))).not.toMatch(/not public|delivered/);
    expect(names.queries.filter((name) => name === 'rebinding.example.com')).toHaveLength(2);
    // and the next attempt checks again
    await service.database.query("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'waiting'");
    let found = false;
    for (let tries = 0; tries < 600 && !found; tries += 1) {
      const { rowCount } = await service.database.query(
        "SELECT FROM webhook_delivery WHERE attempts = 2 AND last_error = 'rebinding.example.com is not public'",
      );
      found = rowCount === 1;
      await sleep(50);
    }
    expect([found, inside.connections]).toEqual([true, 0]);
  });
});

describe('with an allowed network', () => {
  let allowing: TestService;
  let token: string;

  beforeAll(async () => {
    allowing = await startTestService({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32,fd12::/16' });
    token = (await newAdmin(allowing)).accessToken;
  });

  it('delivers to a name by HTTPS, and refuses a certificate of another name', async () => {
    const receiver = await Receiver.start(certificate);
    names = await NameServer.start({ 'receiver.example.com': [['127.0.0.1']], 'other.example.com': [['127.0.0.1']] });
    expect(await firstAttempt(receiver.url('/', 'receiver.example.com'), allowing, token)).toBe('delivered');
    expect(await firstAttempt(receiver.url('/', 'other.example.com'), allowing, token)).toContain('does not match');
    expect(receiver.received).toHaveLength(1);
    await receiver.stop();
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i), neither within it nor out of it', async (status) => {
    const target = await Receiver.start();
    const receiver = await Receiver.start();
    receiver.answer = (response) => response.writeHead(status, { location: target.url('/internal') }).end();
    expect(await firstAttempt(receiver.url(), allowing, token)).toBe(
      `the receiver responded with ${String(status)}, and redirects are not followed`,
    );
    expect([receiver.received.length, target.connections]).toEqual([1, 0]);
    await Promise.all([receiver.stop(), target.stop()]);
  });

  it('reads no body, however long it is', async () => {
    const receiver = await Receiver.start();
    let sent = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        sent += chunk.length;
        if (sent < 2 ** 28 && !response.destroyed) {
          response.write(chunk, () => setImmediate(more));
        }
      };
      more();
    };
    expect(await firstAttempt(receiver.url(), allowing, token)).toBe('delivered');
    expect(sent).toBeLessThan(2 ** 24);
    await receiver.stop();
  });

  it('is not held up by a receiver that switches to another protocol', async () => {
    const receiver = await Receiver.start();
    receiver.answer = ({ socket }) =>
      socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
    expect(await firstAttempt(receiver.url(), allowing, token)).toBe('the connection closed without a response');
    await receiver.stop();
  });

  it('refuses other networks, and plain HTTP to public ones', async () => {
    const on = new Client(allowing.url);
    for (const url of [
      'http://127.0.0.2/',
      'https://127.0.0.2/',
      'http://10.0.0.1/',
      'http://93.184.216.34/',
      'https://[fd00::1]/',
    ]) {
      expect((await create(url, { on, token })).body.code).toBe('webhook_url_refused');
    }
    names = await NameServer.start({ 'receiver.example.com': [[publicAddress]] });
    const receiver = await Receiver.start();
    expect(await firstAttempt(receiver.url('/', 'receiver.example.com'), allowing, token)).toBe(
      'receiver.example.com is not public',
    );
    expect((await create('https://[fd12::1]/', { on, token })).status).toBe(201);
    await receiver.stop();
  });
});

it('only admins may use the routes', async () => {
  const { accessToken } = await client.newAccount();
  const { body: webhook } = await create('https://receiver.example.com/');
  const settings = { url: 'https://receiver.example.com/', event_types: ['account.created'] };
  const routes: [string, string, object?][] = [
    ['POST', '', settings],
    ['GET', ''],
    ['GET', `/${webhook.id}`],
    ['PUT', `/${webhook.id}`, settings],
    ['DELETE', `/${webhook.id}`],
    ['POST', `/${webhook.id}/secret`, {}],
    ['POST', `/${webhook.id}/test`],
    ['GET', `/${webhook.id}/deliveries`],
    ['POST', `/${webhook.id}/deliveries/${webhook.id}/replay`],
    ['POST', `/${webhook.id}/replay`, { since: new Date().toISOString() }],
  ];
  for (const [method, route, body] of routes) {
    const call = (token?: string) =>
      client.call(method, path + route, { ...(token && { token }), ...(body && { body }) });
    expect([(await call(accessToken)).status, (await call()).status]).toEqual([403, 401]);
  }
});

it('logs neither the secret nor the URL', async () => {
  const DATABASE_URL = await copyDatabase();
  const program = new Program(testEnvironment({ DATABASE_URL, LOG_LEVEL: 'info' }));
  try {
    const own = new Client(await program.url());
    const { email } = await own.newAccount();
    const database = new pg.Client(DATABASE_URL);
    await database.connect();
    await database.query("UPDATE account SET roles = '{user,admin}'");
    await database.end();
    const { accessToken: token } = await own.newSession(email);
    const { body } = await create('https://receiver.invalid/hook?token=in-the-url', { on: own, token });
    await own.call('POST', `${path}/${body.id}/test`, { token });
    for (let tries = 0; tries < 600 && !program.output.includes('webhook delivery failed'); tries += 1) {
      await sleep(50);
    }
    expect(program.output).toContain('webhook delivery failed');
    expect(program.output.includes('in-the-url')).toBe(false);
    expect(program.output.includes(body.secret.replace('whsec_', ''))).toBe(false);
  } finally {
    program.child.kill('SIGKILL');
  }
});
