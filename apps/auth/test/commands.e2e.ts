import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { Readable } from 'node:stream';
import { runCommand } from '../src/cli/run-command.ts';
import { Keyring } from '../src/keyring/index.ts';
import { Client, newEmail } from './support/client.ts';
import { addApplication, redirectUri, secretOf } from './support/relying-party.ts';
import { startTestService, strongPassword, testEnvironment, type TestService } from './support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});

const run = async (args: string[], input = '', overrides: NodeJS.ProcessEnv = {}) => {
  let output = '';
  const write = (text: string | Uint8Array) => {
    output += String(text);
    return true;
  };
  const code = await runCommand(args, {
    environment: testEnvironment({ DATABASE_URL: service.databaseUrl, ...overrides }),
    input: Readable.from([input]) as never,
    output: { write },
    errors: { write },
  });
  return { code, output };
};

describe('admin create', () => {
  it('creates the first admin, with the password from standard input', async () => {
    const email = newEmail();
    const { code, output } = await run(['admin', 'create', '--email', email], `${strongPassword}\n`);
    expect([code, output]).toEqual([0, expect.stringMatching(`^created ${email} .* user, admin\n$`)]);
    const client = new Client(service.url);
    const { accessToken } = await client.newSession(email);
    expect((await client.call('POST', '/auth/keys/rotate', { token: accessToken })).status).toBe(200);
    const { rows } = await service.database.query(
      "SELECT actor_id, address FROM audit_event WHERE type = 'admin.created'",
    );
    expect(rows).toEqual([{ actor_id: null, address: null }]);
    expect((await client.me(accessToken)).body.email_verified).toBe(true);
    expect((await service.database.query('SELECT FROM mail WHERE recipient = $1', [email])).rowCount).toBe(0);
  });

  it.each([
    ['a weak password', ['--email', 'root@example.com'], 'password1', 'too easy'],
    ['no password', ['--email', 'root@example.com'], '', '8 to 128'],
    ['a malformed e-mail address', ['--email', 'root'], strongPassword, 'e-mail'],
    ['no e-mail address', [], strongPassword, '--email'],
  ])('rejects %s', async (_name, options, input, message) => {
    const { code, output } = await run(['admin', 'create', ...options], input);
    expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  });

  it('rejects a password below PASSWORD_MIN_LENGTH', async () => {
    const args = ['admin', 'create', '--email', newEmail()];
    const { code, output } = await run(args, 'kq7-vzx-9wpf', { PASSWORD_MIN_LENGTH: '15' });
    expect([code, output]).toEqual([1, expect.stringContaining('at least 15 characters')]);
  });

  it('rejects a taken e-mail address', async () => {
    const email = newEmail();
    await run(['admin', 'create', '--email', email], strongPassword);
    expect((await run(['admin', 'create', '--email', email], strongPassword)).output).toContain('exists');
  });
});

describe('keys reencrypt', () => {
  const { KEY_ENCRYPTION_KEYS: old } = testEnvironment();
  const fresh = Buffer.alloc(32, 77).toString('base64');
  const both = { KEY_ENCRYPTION_KEYS: `${fresh},${old}` };

  afterEach(() => run(['keys', 'reencrypt'], '', { KEY_ENCRYPTION_KEYS: `${old},${fresh}` }));

  it('makes the old key-encryption key unnecessary', async () => {
    const stored = 'SELECT kid, private_key, rsa_kid, rsa_private_key FROM signing_key';
    await addApplication(service, { client_id: 'notes' });
    const body = new URLSearchParams({
      client_id: 'notes',
      client_secret: secretOf('notes'),
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    expect((await fetch(`${service.url}/openid/par`, { method: 'POST', body })).status).toBe(201);
    expect((await run(['keys', 'reencrypt'], '', { KEY_ENCRYPTION_KEYS: fresh })).code).toBe(1);
    const { code, output } = await run(['keys', 'reencrypt'], '', both);
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(
        /^re-encrypted: signing_key [1-9]\d*, totp 0, mail \d+, openid_artifact 1, webhook_endpoint 0\n$/,
      ),
    ]);
    const keyring = new Keyring({ KEY_ENCRYPTION_KEYS: [Buffer.from(fresh, 'base64')] });
    for (const { kid, private_key, rsa_kid, rsa_private_key } of (await service.database.query(stored)).rows) {
      expect(keyring.decrypt(private_key, kid)).toHaveLength(138);
      expect(keyring.decrypt(rsa_private_key, rsa_kid).length).toBeGreaterThan(1000);
    }
  });

  it('has nothing to do the second time', async () => {
    await run(['keys', 'reencrypt'], '', both);
    const { output } = await run(['keys', 'reencrypt'], '', both);
    expect(output).toBe('re-encrypted: signing_key 0, totp 0, mail 0, openid_artifact 0, webhook_endpoint 0\n');
  });
});

it('migrate applies pending migrations once, even by two concurrent runs', async () => {
  const server = service.databaseUrl.replace(/[^/]+$/, '');
  const name = `empty_${String(process.pid)}`;
  const client = new pg.Client(`${server}postgres`);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const DATABASE_URL = server + name;
  const unmigrated = await startTestService({ DATABASE_URL });
  const ready = () => new Client(unmigrated.url).call('GET', '/health/ready');
  expect((await ready()).body.error.database.message).toBe('migrations are pending');

  const runs = await Promise.all([run(['migrate'], '', { DATABASE_URL }), run(['migrate'], '', { DATABASE_URL })]);
  expect(runs.map(({ output }) => output.trim()).sort()).toEqual([
    expect.stringMatching(/^applied InitialSchema1764028800000/),
    'nothing to apply',
  ]);
  expect((await ready()).body.details.database.status).toBe('up');
});

it('keys rotate publishes a successor', async () => {
  const { code, output } = await run(['keys', 'rotate']);
  expect([code, output]).toEqual([0, expect.stringMatching(/^published [\w-]{43}, which signs from /)]);
});

it('fails at once, and says why, without the database', async () => {
  const DATABASE_URL = service.databaseUrl.replace(/:[^:@]+@/, ':wrong@');
  expect(await run(['keys', 'rotate'], '', { DATABASE_URL })).toEqual({
    code: 1,
    output: expect.stringMatching(/^password authentication failed for user .*\n$/),
  });
});

it('prints its usage, and exits with 78 if the settings are invalid', async () => {
  expect((await run(['--help'])).output).toContain('Usage: auth');
  expect(await run(['migrate'], '', { DATABASE_URL: 'mysql://x' })).toEqual({
    code: 78,
    output: expect.stringContaining('DATABASE_URL'),
  });
});
