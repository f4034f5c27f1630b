import { password, emailOf } from './population.ts';
import type { Generator, Call, Load, Seen } from './load.ts';
import { cpuOfTree, untilIdle, usageOf, type Program } from './programs.ts';
import type { Sample } from './rounds.ts';

/** Connections of a load. Each sends its next request when it has received a response. */
export const connections = 32;

/** Enough connections to keep all processors hashing, and few enough that none is rejected, even on a slow machine. */
export const hashConnections = (processors: number): number => 4 * processors;

const json = { 'content-type': 'application/json' };

/** Runs a load against a program and measures what it costs the program and PostgreSQL. Returns when the program is idle. */
export async function sampleOf(
  generator: Generator,
  { pid, url }: Program,
  postgresPid: number,
  load: Omit<Load, 'url'>,
): Promise<Sample> {
  const before = await Promise.all([usageOf(pid), cpuOfTree(postgresPid)]);
  const seen = await generator.run({ url, ...load });
  const after = await Promise.all([usageOf(pid), cpuOfTree(postgresPid)]);
  await untilIdle(pid);
  const { count, p50, p99 } = succeeded(seen);
  return {
    perSecond: count / seen.seconds,
    cpuMs: (after[0].cpuMs - before[0].cpuMs) / count,
    databaseMs: (after[1] - before[1]) / count,
    p50,
    p99,
    errors: seen.failed + seen.byStatus.reduce((sum, { status, count: n }) => sum + (status < 300 ? 0 : n), 0),
  };
}

/** The successful responses of a load. */
export function succeeded({ byStatus }: Seen): { count: number; p50: number; p99: number; max: number } {
  return byStatus.find(({ status }) => status < 300) ?? { count: 0, p50: NaN, p99: NaN, max: NaN };
}

/** Logins to random accounts, each from a different IP address. */
export function logins(accounts: number, count = 5000): Call[] {
  return Array.from({ length: count }, () => ({
    method: 'POST',
    path: '/auth/login',
    headers: { ...json, 'x-forwarded-for': randomIp() },
    body: JSON.stringify({ email: emailOf(1 + Math.floor(Math.random() * accounts)), password }),
  }));
}

let registered = 0;

/** Registrations with new e-mail addresses. */
export function registrations(count: number, newPassword = () => password): Call[] {
  return Array.from({ length: count }, () => ({
    method: 'POST',
    path: '/auth/register',
    headers: { ...json, 'x-forwarded-for': randomIp() },
    body: JSON.stringify({ email: `new-${process.pid}-${(registered += 1)}@example.com`, password: newPassword() }),
  }));
}

/** Requests to one route, one for each access token. */
export function authorized(path: string, tokens: string[]): Call[] {
  return tokens.map((token) => ({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } }));
}

/** Exchanges refresh tokens for access tokens. */
export async function accessTokens(url: string, refreshTokens: string[]): Promise<string[]> {
  const tokens: string[] = [];
  for (const refresh_token of refreshTokens) {
    const response = await fetch(`${url}/auth/refresh`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ refresh_token }),
    });
    if (!response.ok) {
      throw new Error(`a refresh failed: ${response.status} ${await response.text()}`);
    }
    tokens.push(((await response.json()) as { access_token: string }).access_token);
  }
  return tokens;
}

/** An IP address of 10.0.0.0/8. */
export function randomIp(): string {
  const part = () => Math.floor(Math.random() * 256);
  return `10.${part()}.${part()}.${part()}`;
}
