import { Generator, type Load } from '../lib/load.ts';
import { accessTokens, authorized, good } from '../lib/measure.ts';
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
  /** Rates of each round. */
  refreshes: number[];
  me: number[];
  errors: number;
  /** Of 100 refreshes with one token at once: different answers, and good ones. */
  successors: number;
  refreshed: number;
  /** Of 100 wrong logins of one account at once, those that were tried. */
  tried: number;
}

/** Processes on one database, each with a generator of its own, and what must hold across them. */
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

  /** All together, with as many connections whatever their number. */
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
    for (const { byStatus, broken } of seen) {
      result.errors += broken + byStatus.reduce((sum, { status, count: n }) => sum + (status < 300 ? 0 : n), 0);
    }
    return seen.reduce((sum, one) => sum + good(one).count / one.seconds, 0);
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

async function atOnce(services: Program[], path: string, body: object, address = '192.0.2.0') {
  return Promise.all(
    Array.from({ length: attempts }, async (_, index) => {
      const { url } = services[index % services.length] as Program;
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { ...json, 'x-forwarded-for': address },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    }),
  );
}

/** Whether limits and refreshes hold on any number of replicas. */
export function holds({ refreshed, successors, tried, errors }: ReplicasResult): boolean {
  // slow machines let one more attempt through for each wait that has passed
  return refreshed === attempts && successors === 1 && tried <= burst + 2 && errors === 0;
}

export function replicasTable(results: ReplicasResult[]): string {
  const [one] = results;
  return table(
    ['replicas', 'refreshes /s', 'me /s', 'me by one', '100 refreshes of one token', '100 wrong logins', 'errors'],
    results.map(({ replicas: count, refreshes, me, refreshed, successors, tried, errors }) => [
      String(count),
      spread(spreadOf(refreshes), 0),
      spread(spreadOf(me), 0),
      number(spreadOf(me).median / spreadOf(one?.me ?? []).median),
      `${refreshed} good, ${successors} successor`,
      `${tried} tried`,
      String(errors),
    ]),
  );
}
