/**
 * `make bench-compare`: compares the service with other software on the same PostgreSQL and under the same loads, with the
 * other's password hash and with the service's. Options: `--rounds=N`, `--seconds=N`. Exits with 1 on an error.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { accessTokens, authorized, connections, logins, sampleOf } from './lib/measure.ts';
import type { Call } from './lib/load.ts';
import { emailOf, password, populate, serviceTokens } from './lib/population.ts';
import type { Program } from './lib/programs.ts';
import { comparedTable, saveResults } from './lib/report.ts';
import { compare, hasErrors, type Compared, type Comparison } from './lib/rounds.ts';
import { Stage } from './lib/stage.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seconds: { type: 'string' } } });
const [rounds, seconds] = [Number(values.rounds ?? 5), Number(values.seconds ?? 5)];
const accounts = 100;
const json = { 'content-type': 'application/json' };

const stage = await Stage.open();
try {
  const database = await stage.database('auth');
  await populate(database, accounts);
  const service = await stage.startService('auth');
  // each load loses one token per connection, whose response is pending when the load ends
  const tokens = await serviceTokens(database, stage.keyEncryptionKey, accounts + connections * (rounds + 2));
  const access = await accessTokens(service.url, tokens.splice(0, accounts));
  const postgresPid = await stage.postgresPid();
  const shipped = await startPeer('shipped', {});
  const equal = await startPeer('equal', { EQUAL_HASH: 'yes' });
  const renewing = await startPeer('renewing', { EQUAL_HASH: 'yes', UPDATE_AGE: '0' });

  /** Compares a request to the service with the equivalent request to a peer. */
  const row = (name: string, control: string, peer: Program, ours: () => Call[], theirs: () => Call[]): Comparison => ({
    name,
    control,
    measure: (side, time) =>
      side === 'subject'
        ? sampleOf(stage.generator, service, postgresPid, { connections, seconds: time, calls: ours() })
        : sampleOf(stage.generator, peer, postgresPid, { connections, seconds: time, calls: theirs() }),
  });
  const peerLogins = () => logins(accounts).map((call) => ({ ...call, path: '/api/auth/sign-in/email' }));
  const sessionChecks = await cookies(equal).then((held) => () => getSession(held));
  const renewals = await cookies(renewing).then((held) => () => getSession(held));
  const me = () => authorized('/auth/me', access);
  const refresh: Comparison = {
    ...row('refresh', 'better-auth, session renewed each time', renewing, me, renewals),
    measure: (side, time) =>
      side === 'subject'
        ? sampleOf(stage.generator, service, postgresPid, {
            connections,
            seconds: time,
            calls: [],
            chain: { name: 'refresh', path: '/auth/refresh', tokens },
          })
        : sampleOf(stage.generator, renewing, postgresPid, { connections, seconds: time, calls: renewals() }),
  };
  const compared: Compared[] = [];
  // logins last, because they end an account's oldest sessions
  for (const comparison of [
    row('session check', 'better-auth', equal, me, sessionChecks),
    refresh,
    row('login', 'better-auth, the same argon2id', equal, () => logins(accounts), peerLogins),
    row('login', 'better-auth as shipped (scrypt)', shipped, () => logins(accounts), peerLogins),
  ]) {
    compared.push(await compare(comparison, rounds, seconds, 3));
  }
  process.stdout.write(
    `\n${comparedTable(compared)}\n\n${await saveResults('compare', { rounds, seconds, compared })}\n`,
  );
  process.exitCode = compared.some(hasErrors) ? 1 : 0;
} finally {
  await stage.close();
}

/** Starts a peer with as many accounts as the service. */
async function startPeer(name: string, settings: NodeJS.ProcessEnv): Promise<Program> {
  const url = await stage.emptyDatabase(name);
  const peer = await stage.start('bench/peers/better-auth.js', {
    DATABASE_URL: url,
    AUTH_SECRET: randomBytes(32).toString('base64'),
    ...settings,
  });
  for (let account = 1; account <= accounts; account += 1) {
    await post(peer, '/api/auth/sign-up/email', { email: emailOf(account), password, name: emailOf(account) }, account);
  }
  return peer;
}

/** Logs each account in and returns the session cookies. */
async function cookies(peer: Program): Promise<string[]> {
  const held: string[] = [];
  for (let account = 1; account <= accounts; account += 1) {
    const response = await post(peer, '/api/auth/sign-in/email', { email: emailOf(account), password }, account);
    held.push(
      response.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';', 1)[0])
        .join('; '),
    );
  }
  return held;
}

async function post({ url }: Program, path: string, body: object, account: number): Promise<Response> {
  const response = await fetch(url + path, {
    method: 'POST',
    // one IP address per account, so that rate limits do not apply
    headers: { ...json, origin: url, 'x-forwarded-for': `10.1.0.${account}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${path} answered ${response.status} ${await response.text()}`);
  }
  return response;
}

function getSession(held: string[]): Call[] {
  return Array.from({ length: 5000 }, (_, index) => ({
    method: 'GET',
    path: '/api/auth/get-session',
    headers: {
      cookie: held[index % held.length] ?? '',
      'x-forwarded-for': `10.${index % 200}.${Math.floor(index / 200)}.1`,
    },
  }));
}
