import { password, emailOf } from './population.ts';
import type { Generator, Call, Load, Seen } from './load.ts';
import { cpuOfTree, rested, usageOf, type Program } from './programs.ts';
import type { Sample } from './rounds.ts';

/** Connections of one load; each sends its next request when the last is answered. */
export const connections = 32;

/** Connections that keep so many processors at hashing, and so few that none is refused, on a slow machine too. */
export const hashConnections = (processors: number): number => 4 * processors;

const json = { 'content-type': 'application/json' };

/** Runs a load against a program, and says what it cost that and PostgreSQL; leaves a program that does nothing more. */
export async function sampleOf(
  generator: Generator,
  { pid, url }: Program,
  postgresPid: number,
  load: Omit<Load, 'url'>,
): Promise<Sample> {
  const before = await Promise.all([usageOf(pid), cpuOfTree(postgresPid)]);
  const seen = await generator.run({ url, ...load });
  const after = await Promise.all([usageOf(pid), cpuOfTree(postgresPid)]);
  await rested(pid);
  const { count, p50, p99 } = good(seen);
  return {
    perSecond: count / seen.seconds,
    cpuMs: (after[0].cpuMs - before[0].cpuMs) / count,
    databaseMs: (after[1] - before[1]) / count,
    p50,
    p99,
    errors: seen.broken + seen.byStatus.reduce((sum, { status, count: n }) => sum + (status < 300 ? 0 : n), 0),
  };
}

/** The good answers of a load. */
export function good({ byStatus }: Seen): { count: number; p50: number; p99: number; max: number } {
  return byStatus.find(({ status }) => status < 300) ?? { count: 0, p50: NaN, p99: NaN, max: NaN };
}

/** Logins of accounts from all over, each from an address of its own. */
export function logins(accounts: number, count = 5000): Call[] {
  return Array.from({ length: count }, () => ({
    method: 'POST',
    path: '/auth/login',
    headers: { ...json, 'x-forwarded-for': randomAddress() },
    body: JSON.stringify({ email: emailOf(1 + Math.floor(Math.random() * accounts)), password }),
  }));
}

let registered = 0;

/** Registrations of addresses that are new. */
export function registrations(count: number, newPassword = () => password): Call[] {
  return Array.from({ length: count }, () => ({
    method: 'POST',
    path: '/auth/register',
    headers: { ...json, 'x-forwarded-for': randomAddress() },
    body: JSON.stringify({ email: `new-${process.pid}-${(registered += 1)}@example.com`, password: newPassword() }),
  }));
}

/** Calls of one route by the bearers of tokens. */
export function authorized(path: string, tokens: string[]): Call[] {
  return tokens.map((token) => ({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } }));
}

/** Access tokens of the service for the sessions of refresh tokens, which are used up by it. */
export async function accessTokens(url: string, refreshTokens: string[]): Promise<string[]> {
  const tokens: string[] = [];
  for (const refresh_token of refreshTokens) {
    const response = await fetch(`${url}/auth/refresh`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ refresh_token }),
    });
    if (!response.ok) {
      throw new Error(`a refresh answered ${response.status} ${await response.text()}`);
    }
    tokens.push(((await response.json()) as { access_token: string }).access_token);
  }
  return tokens;
}

/** Of 10.0.0.0/8. */
function randomAddress(): string {
  const part = () => Math.floor(Math.random() * 256);
  return `10.${part()}.${part()}.${part()}`;
}
