import { randomBytes } from 'node:crypto';
import type { Call } from './load.ts';
import { authorized, logins, randomIp } from './measure.ts';
import { emailOf, password } from './population.ts';
import type { Program } from './programs.ts';
import type { Stage } from './stage.ts';

/** Another system with the service's accounts, and its equivalents of the service's requests. */
export interface Peer {
  program: Program;
  /** Starts it again on its database. */
  restart: () => Promise<Program>;
  /** Logs random accounts in. */
  logins: () => Call[];
  /** Asks whose session it is. */
  sessionChecks: () => Call[];
  /** Prolongs a session. */
  renewals: () => Call[];
}

interface Options {
  /** Whether passwords are hashed with the service's parameters instead of the peer's own. */
  hasEqualHash: boolean;
  accounts: number;
}

const calls = 5000;
const emails = (accounts: number) => Array.from({ length: accounts }, (_, index) => emailOf(index + 1));
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/**
 * Starts better-auth, set up as its documentation says.
 * @param renews whether each session check renews the session, which it does once a day otherwise
 */
export async function startBetterAuth(
  stage: Stage,
  name: string,
  { hasEqualHash, accounts, renews = false }: Options & { renews?: boolean },
): Promise<Peer> {
  const settings = {
    DATABASE_URL: await stage.emptyDatabase(name),
    AUTH_SECRET: randomBytes(32).toString('base64'),
    ...(hasEqualHash ? { EQUAL_HASH: 'yes' } : {}),
    ...(renews ? { UPDATE_AGE: '0' } : {}),
  };
  const restart = () => stage.start('bench/peers/better-auth.js', settings);
  const program = await restart();
  const post = (path: string, body: object) =>
    send(program, path, { 'content-type': 'application/json', origin: program.url }, JSON.stringify(body));
  const cookies: string[] = [];
  for (const email of emails(accounts)) {
    await post('/api/auth/sign-up/email', { email, password, name: email });
    const response = await post('/api/auth/sign-in/email', { email, password });
    const set = response.headers.getSetCookie();
    cookies.push(set.map((cookie) => cookie.split(';', 1)[0]).join('; '));
  }
  const getSession = () =>
    repeat(cookies, (cookie) => ({
      method: 'GET',
      path: '/api/auth/get-session',
      headers: { cookie, 'x-forwarded-for': randomIp() },
    }));
  return {
    program,
    restart,
    logins: () => logins(accounts).map((call) => ({ ...call, path: '/api/auth/sign-in/email' })),
    sessionChecks: getSession,
    renewals: getSession,
  };
}

/**
 * Starts Keycloak in production mode.
 * @param home folder of its distribution, built for PostgreSQL
 */
export async function startKeycloak(
  stage: Stage,
  name: string,
  { hasEqualHash, accounts, home }: Options & { home: string },
): Promise<Peer> {
  const settings = {
    KEYCLOAK_HOME: home,
    DATABASE_URL: await stage.emptyDatabase(name),
    ACCOUNTS: JSON.stringify(emails(accounts)),
    PASSWORD: password,
    ...(hasEqualHash ? { EQUAL_HASH: 'yes' } : {}),
  };
  const restart = () => stage.start('bench/peers/keycloak.js', settings);
  const program = await restart();
  const path = '/realms/bench/protocol/openid-connect';
  const request = (fields: Record<string, string>) => new URLSearchParams({ client_id: 'bench', ...fields }).toString();
  const login = (username: string) => request({ grant_type: 'password', scope: 'openid', username, password });
  const access: string[] = [];
  const refresh: string[] = [];
  for (const email of emails(accounts)) {
    const response = await send(program, `${path}/token`, form, login(email));
    const tokens = (await response.json()) as { access_token: string; refresh_token: string };
    access.push(tokens.access_token);
    refresh.push(tokens.refresh_token);
  }
  const token = (body: string): Call => ({
    method: 'POST',
    path: `${path}/token`,
    headers: { ...form, 'x-forwarded-for': randomIp() },
    body,
  });
  return {
    program,
    restart,
    logins: () => repeat(emails(accounts), (email) => token(login(email))),
    sessionChecks: () => authorized(`${path}/userinfo`, access),
    renewals: () => repeat(refresh, (refresh_token) => token(request({ grant_type: 'refresh_token', refresh_token }))),
  };
}

const repeat = <T>(items: T[], call: (item: T) => Call): Call[] =>
  Array.from({ length: calls }, (_, index) => call(items[index % items.length] as T));

/** @throws Error if the response is not successful */
async function send({ url }: Program, path: string, headers: Record<string, string>, body: string): Promise<Response> {
  // one IP address per request, so that rate limits do not apply
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { ...headers, 'x-forwarded-for': randomIp() },
    body,
  });
  if (!response.ok) {
    throw new Error(`${path} answered ${response.status} ${await response.text()}`);
  }
  return response;
}
