import { connections, sampleOf } from '../lib/measure.ts';
import { controlTokens, populate, serviceTokens } from '../lib/population.ts';
import type { Program } from '../lib/programs.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf, type Sample } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

const accounts = 2000;
const tokensEach = 1500;
const warmUpSeconds = 10;

export interface Layer {
  name: string;
  rounds: Sample[];
}

/** What each layer adds to the processor time of a refresh, from a bare program to the service, one after the other in turn. */
export async function layers(stage: Stage, rounds: number, seconds: number): Promise<Layer[]> {
  await stage.isolate();
  const database = await stage.database('layers');
  await populate(database, accounts);
  const { DATABASE_URL } = stage.environment('layers');
  const layered = (layer: string) => stage.start('bench/controls/layered.ts', { DATABASE_URL, LAYER: layer });
  const programs: [name: string, program: Program][] = [
    ['bare Fastify + pg', await stage.start('bench/controls/bare.ts', { DATABASE_URL })],
    ['… on Nest', await layered('nest')],
    ['… by TypeORM’s data source', await layered('database')],
    ['… with libs/common', await layered('common')],
    ['the service', await stage.startService('layers')],
  ];
  const own = await serviceTokens(database, stage.keyEncryptionKey, tokensEach);
  const others = await controlTokens(database, tokensEach * (programs.length - 1));
  const postgresPid = await stage.postgresPid();
  const measured = programs.map(([name, program], index) => ({
    layer: { name, rounds: new Array<Sample>() },
    measure: (forSeconds: number) =>
      sampleOf(stage.generator, program, postgresPid, {
        connections,
        seconds: forSeconds,
        calls: [],
        chain: {
          name,
          path: '/auth/refresh',
          tokens: index === programs.length - 1 ? own : others.slice(index * tokensEach, (index + 1) * tokensEach),
        },
      }),
  }));
  for (const { measure } of measured) {
    await measure(warmUpSeconds);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { layer, measure } of round % 2 === 0 ? measured : measured.toReversed()) {
      layer.rounds.push(await measure(seconds));
    }
  }
  return measured.map(({ layer }) => layer);
}

export const layersHaveErrors = (results: Layer[]): boolean =>
  results.some(({ rounds }) => rounds.some(({ errors }) => errors > 0));

export function layersTable(results: Layer[]): string {
  const [bare] = results;
  return table(
    ['refresh', '/s', 'CPU ms', 'by bare', 'errors'],
    results.map(({ name, rounds }) => [
      name,
      number(spreadOf(rounds.map(({ perSecond }) => perSecond)).median, 0),
      spread(spreadOf(rounds.map(({ cpuMs }) => cpuMs)), 3),
      spread(spreadOf(rounds.map(({ cpuMs }, round) => cpuMs / (bare?.rounds[round]?.cpuMs ?? NaN)))),
      String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
    ]),
  );
}
