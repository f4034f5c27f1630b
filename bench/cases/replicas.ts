import { Generator, type Load } from '../lib/load.ts';
import { accessTokens, authorized, succeeded } from '../lib/measure.ts';
import { emailOf, password, populate, serviceTokens } from '../lib/population.ts';
import type { Program } from '../lib/programs.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

const accounts = 1000;
const attempts = 100;
const burst = 5;
const json = { 'content-type': 'application/json' };

export interface ReplicasResult {
  replicas: number;
  /** Requests per second in each round. */
  refreshes: number[];
  me: number[];
  errors: number;
  /** Of 100 concurrent refreshes with one token: distinct successors, and successful refreshes. */
  successors: number;
  refreshed: number;
  /** Of 100 concurrent logins with a wrong password, those whose password was checked. */
  tried: number;
}

/** Measures processes on one database, each with its own generator, and checks what must hold across them. */
export async function replicas(
  stage: Stage,
  counts: number[],
  rounds: number,
  seconds: number,
): Promise<ReplicasResult[]> {
  const database = await stage.database('replicas');
  await populate(database, accounts);
  const most = Math.max(...counts);
  const services = await Promise.all(Array.from({ length: most }, () => stage.startService('replicas')));
  const generators = services.map(() => new Generator());
  const tokens = await serviceTokens(database, stage.keyEncryptionKey, 2000);
  const access = await accessTokens(services[0]?.url ?? '', tokens.splice(0, 100));
  const chains = services.map((_service, index) => tokens.filter((_token, place) => place % most === index));
  const results = counts.map(
    (count) => ({ replicas: count, refreshes: [], me: [], errors: 0 }) as unknown as ReplicasResult,
  );

  /** Loads all replicas with 32 connections in total. */
  const run = async (
    count: number,
    result: ReplicasResult,
    load: (index: number) => Omit<Load, 'url' | 'connections' | 'seconds'>,
  ) => {
    const seen = await Promise.all(
      services
        .slice(0, count)
        .map(({ url }, index) =>
          (generators[index] as Generator).run({ url, connections: 32 / count, seconds, ...load(index) }),
        ),
    );
    for (const { byStatus, failed } of seen) {
      result.errors += failed + byStatus.reduce((sum, { status, count: n }) => sum + (status < 300 ? 0 : n), 0);
    }
    return seen.reduce((sum, one) => sum + succeeded(one).count / one.seconds, 0);
  };
  for (let round = -1; round < rounds; round += 1) {
    for (const result of round % 2 === 0 ? results : results.toReversed()) {
      const { replicas: count } = result;
      const refreshes = await run(count, result, (index) => ({
        calls: [],
        chain: { name: 'replicas', path: '/auth/refresh', tokens: chains[index] as string[] },
      }));
      const me = await run(count, result, () => ({ calls: authorized('/auth/me', access) }));
      // the first round warms up
      if (round >= 0) {
        result.refreshes.push(refreshes);
        result.me.push(me);
      }
    }
  }
  for (const generator of generators) {
    generator.stop();
  }
  const fresh = await serviceTokens(database, stage.keyEncryptionKey, counts.length);
  for (const [index, result] of results.entries()) {
    const some = services.slice(0, result.replicas);
    Object.assign(result, await refreshAtOnce(some, fresh[index] ?? ''), await guessAtOnce(some, index + 1));
  }
  await Promise.all(services.map((service) => service.stop()));
  return results;
}

async function refreshAtOnce(services: Program[], token: string) {
  const answers = await atOnce(services, '/auth/refresh', { refresh_token: token });
  const good = answers.filter(({ status }) => status === 200);
  return { refreshed: good.length, successors: new Set(good.map(({ body }) => body['refresh_token'])).size };
}

async function guessAtOnce(services: Program[], account: number) {
  const body = { email: emailOf(account), password: `not ${password}` };
  const answers = await atOnce(services, '/auth/login', body, `192.0.2.${account}`);
  return { tried: answers.filter(({ status }) => status === 401).length };
}

async function atOnce(services: Program[], path: string, body: object, ip = '192.0.2.0') {
  return Promise.all(
    Array.from({ length: attempts }, async (_, index) => {
      const { url } = services[index % services.length] as Program;
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { ...json, 'x-forwarded-for': ip },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    }),
  );
}

/** Whether the rate limit and the rotation of refresh tokens hold across replicas. */
export function holds({ refreshed, successors, tried, errors }: ReplicasResult): boolean {
  // on a slow machine, waits end during the test, and each end allows one more attempt
  return refreshed === attempts && successors === 1 && tried <= burst + 2 && errors === 0;
}

export function replicasTable(results: ReplicasResult[]): string {
  const [one] = results;
  return table(
    ['replicas', 'refreshes /s', 'me /s', 'me × one', '100 refreshes of one token', '100 wrong logins', 'errors'],
    results.map(({ replicas: count, refreshes, me, refreshed, successors, tried, errors }) => [
      String(count),
      spread(spreadOf(refreshes), 0),
      spread(spreadOf(me), 0),
      number(spreadOf(me).median / spreadOf(one?.me ?? []).median),
      `${refreshed} succeeded, ${successors} successor`,
      `${tried} checked`,
      String(errors),
    ]),
  );
}
