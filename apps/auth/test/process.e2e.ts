import { afterEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, newEmail, type Answer } from './support/client.ts';
import { untilWaiting } from './support/locks.ts';
import { Program } from './support/program.ts';
import { copyDatabase, keyEncryptionKey, strongPassword, testEnvironment } from './support/service.ts';

let program: Program;
afterEach(async () => {
  program.child.kill('SIGKILL');
  await program.exit();
});

const start = async (overrides: NodeJS.ProcessEnv = {}) => {
  const DATABASE_URL = await copyDatabase();
  program = new Program(testEnvironment({ DATABASE_URL, LOG_LEVEL: 'info', ...overrides }));
  return { client: new Client(await program.url()), DATABASE_URL };
};

describe('logs', () => {
  it('contain each request with its ids, and no secret, even at level trace', async () => {
    const { client, DATABASE_URL } = await start({ LOG_LEVEL: 'trace' });
    const nextPassword = 'amber-heron-reads-97-maps';
    const wrongPassword = 'guess-which-password-this-is';
    const login = await client.newAccount();
    const { body: refreshed } = await client.refresh(login.refreshToken);
    await client.login(login.email, wrongPassword, login.cookie);
    await client.call('GET', `/auth/me?access_token=${login.accessToken}`, { token: login.accessToken });
    await client.call('PUT', '/auth/me/password', {
      token: login.accessToken,
      body: { current_password: strongPassword, new_password: nextPassword },
    });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': 'the-request' };
    await client.call('GET', '/auth/me', { token: login.accessToken, headers });
    // internal errors are logged with the statement that failed
    const database = new pg.Client(DATABASE_URL);
    await database.connect();
    await database.query('ALTER TABLE session RENAME TO lost');
    await database.end();
    expect((await client.login(login.email, nextPassword)).status).toBe(500);
    expect((await client.refresh(refreshed.refresh_token)).status).toBe(500);
    program.child.kill('SIGTERM');
    expect(await program.exit()).toBe(0);

    const request = program.lines().find((line) => line['request_id'] === 'the-request');
    expect(request).toMatchObject({
      level: 'info',
      trace_id: traceId,
      parent_id: 'b7ad6b7169203331',
      req: { method: 'GET', path: '/auth/me', address: '127.0.0.1' },
      res: { status: 200 },
      duration_ms: expect.any(Number),
    });
    const fault = program.lines().find((line) => line['code'] === 'internal_error');
    expect(fault).toMatchObject({
      level: 'error',
      request_id: expect.any(String),
      err: { message: expect.stringContaining('session') },
    });

    const secrets = {
      strongPassword,
      nextPassword,
      wrongPassword,
      keyEncryptionKey,
      cookie: login.cookie,
      accessToken: login.accessToken,
      refreshToken: login.refreshToken,
      refreshedAccess: refreshed.access_token as string,
      refreshedToken: refreshed.refresh_token as string,
      databasePassword: new URL(DATABASE_URL).password,
    };
    for (const [name, secret] of Object.entries(secrets)) {
      expect([name, program.output.includes(secret)]).toEqual([name, false]);
    }
  });

  it('contain no parameter of a statement, whatever error the database responds with', async () => {
    const { client, DATABASE_URL } = await start({
      LOG_LEVEL: 'trace',
      DATABASE_STATEMENT_TIMEOUT_MS: '4000',
      DATABASE_LOCK_TIMEOUT_MS: '3000',
    });
    const database = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
    const emails: string[] = [];
    const register = async () => {
      const email = newEmail();
      emails.push(email);
      return (await client.register(email)).status;
    };
    /** Runs a registration while an insert into `account` fails by the given statement of a trigger. */
    const failing = async (statement: string) => {
      await database.query(`
        CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NEW; END $$;
        CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION fail()`);
      const status = await register();
      await database.query('DROP TRIGGER fail ON account');
      return status;
    };
    expect(await register()).toBe(201);

    const dataException = await failing('PERFORM NEW.email::int');
    const notNull = await failing('NEW.roles := NULL');
    const statementTimeout = await failing('PERFORM pg_sleep(60)');
    await database.query("CREATE UNIQUE INDEX one_a_domain ON account (split_part(email, '@', 2))");
    const unique = await register();
    await database.query('DROP INDEX one_a_domain');
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    const lockTimeout = await register();
    const lost = register();
    await untilWaiting(database, 1);
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    const connectionLoss = await lost;
    await holder.query('ROLLBACK');
    holder.release();
    expect({ dataException, notNull, statementTimeout, unique, lockTimeout, connectionLoss }).toEqual({
      dataException: 500,
      notNull: 500,
      statementTimeout: 503,
      unique: 500,
      lockTimeout: 503,
      connectionLoss: 503,
    });
    await database.end();
    program.child.kill('SIGTERM');
    expect(await program.exit()).toBe(0);

    const faults = program.lines().flatMap(({ err }) => (err === undefined ? [] : [err as { code: string }]));
    expect(faults.map(({ code }) => code)).toEqual(['22P02', '23502', '57014', '23505', '55P03', '57P01']);
    // without a mail server the mails themselves are in the log
    const log = program.output.split('\n').filter((line) => !line.includes('"mail not sent'));
    for (const value of [...emails, '$argon2id$', ')=(example.com']) {
      expect([value, log.some((line) => line.includes(value))]).toEqual([value, false]);
    }
  });
});

it('has a thread for each concurrent hash and four more', async () => {
  const { client } = await start({ HASH_CONCURRENCY: '6' });
  await client.newAccount();
  const threads = `/proc/${program.child.pid}/task`;
  const names = readdirSync(threads).map((id) => readFileSync(`${threads}/${id}/comm`, 'utf8').trim());
  expect(names.filter((name) => name === 'libuv-worker')).toHaveLength(10);
});

/** Whether a port accepts connections. */
const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('connect', () => socket.destroy());
  });

describe('SIGTERM', () => {
  it('fails readiness first, fails no request, finishes those in flight, and exits with 0', async () => {
    const { client, DATABASE_URL } = await start({
      SHUTDOWN_DELAY_SECONDS: '5',
      DATABASE_LOCK_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    });
    const { accessToken } = await client.newAccount();
    const statuses = new Map<number, number>();
    const traffic = async () => {
      while (program.child.exitCode === null) {
        try {
          const { status } = await client.me(accessToken);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        } catch {
          // the port is closed after the delay
          return;
        }
      }
    };
    const running = [traffic(), traffic(), traffic()];
    await sleep(200);
    program.child.kill('SIGTERM');
    let health: Answer;
    do {
      health = await client.call('GET', '/health/ready');
    } while (health.status === 200);
    expect([health.status, health.body.error.traffic.message]).toEqual([503, 'shutting down']);

    // a request that is still in flight when the port closes
    const holder = new pg.Client(DATABASE_URL);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE');
    const inFlight = client.call('GET', '/auth/me', { token: accessToken });
    while (await isListening(client.url)) {
      await sleep(50);
    }
    await holder.query('ROLLBACK');
    await holder.end();
    const answer = await inFlight;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);

    expect(await program.exit()).toBe(0);
    await Promise.all(running);
    expect([...statuses.keys()]).toEqual([200]);
  });

  it('exits with 1 after the shutdown timeout', async () => {
    const { client, DATABASE_URL } = await start({
      SHUTDOWN_TIMEOUT_SECONDS: '1',
      DATABASE_LOCK_TIMEOUT_MS: '20000',
      DATABASE_STATEMENT_TIMEOUT_MS: '20000',
    });
    const { accessToken } = await client.newAccount();
    const database = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
    const holder = await database.connect();
    await holder.query('BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE');
    const stuck = client.me(accessToken).catch(() => undefined);
    await untilWaiting(database, 1);
    program.child.kill('SIGTERM');
    expect(await program.exit()).toBe(1);
    expect(program.output).toContain('took longer than 1 s');
    holder.release();
    await database.end();
    await stuck;
  });
});

it('exits with 78 and lists all problems at once if settings are not valid', async () => {
  program = new Program({ PORT: 'http', KEY_ENCRYPTION_KEYS: 'short', HASH_PASSES: '0', TRUST_PROXY: 'localhost' });
  expect(await program.exit()).toBe(78);
  for (const name of ['PORT', 'KEY_ENCRYPTION_KEYS', 'HASH_PASSES', 'TRUST_PROXY', 'DATABASE_URL']) {
    expect(program.output).toContain(`- ${name}: `);
  }
});

describe('in production', () => {
  const settings = { KEY_ENCRYPTION_KEYS: keyEncryptionKey, DATABASE_URL: 'postgresql://127.0.0.1:1/auth' };
  const names = ['TOKEN_ISSUER', 'APP_URL', 'WEBAUTHN_RP_ID', 'WEBAUTHN_ORIGINS', 'MAIL_FROM'];

  const problems = async (environment: NodeJS.ProcessEnv) => {
    program = new Program({ ...settings, ...environment });
    expect(await program.exit()).toBe(78);
    return names.filter((name) => program.output.includes(`- ${name}: `));
  };

  it('exits with 78 and names each setting that is this machine, which the defaults are', async () => {
    expect(await problems({ SMTP_URL: 'smtps://mail.example.com', PORT: 'http' })).toEqual(names);
    expect(program.output).toContain('- PORT: ');
    expect(
      await problems({
        TOKEN_ISSUER: 'https://127.0.0.1:3000',
        APP_URL: 'https://[::1]',
        WEBAUTHN_RP_ID: 'auth.localhost',
        WEBAUTHN_ORIGINS: 'https://app.example.com,https://app.localhost',
        SMTP_URL: 'smtps://mail.example.com',
        MAIL_FROM: 'Auth <auth@localhost>',
      }),
    ).toEqual(names);
  });

  it('exits with 78 and names each URL with http://', async () => {
    expect(
      await problems({
        TOKEN_ISSUER: 'http://auth.example.com',
        APP_URL: 'http://app.example.com',
        WEBAUTHN_RP_ID: 'example.com',
        WEBAUTHN_ORIGINS: 'http://app.example.com',
      }),
    ).toEqual(['TOKEN_ISSUER', 'APP_URL', 'WEBAUTHN_ORIGINS']);
  });
});
