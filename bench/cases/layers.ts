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

/** Measures the processor time that each layer adds to a refresh, from a bare program to the service. */
export async function layers(stage: Stage, rounds: number, seconds: number): Promise<Layer[]> {
  await stage.isolate();
  const database = await stage.database('layers');
  await populate(database, accounts);
  const { DATABASE_URL } = stage.environment('layers');
  const layered = (layer: string) => stage.start('bench/controls/layered.ts', { DATABASE_URL, LAYER: layer });
  const controls = await controlTokens(database, 4 * tokensEach);
  const nextTokens = () => controls.splice(0, tokensEach);
  const programs: [name: string, program: Program, tokens: string[]][] = [
    ['bare Fastify + pg', await stage.start('bench/controls/bare.ts', { DATABASE_URL }), nextTokens()],
    ['… on Nest', await layered('nest'), nextTokens()],
    ['… with TypeORM’s data source', await layered('database'), nextTokens()],
    ['… with libs/common', await layered('common'), nextTokens()],
    [
      'the service',
      await stage.startService('layers'),
      await serviceTokens(database, stage.keyEncryptionKey, tokensEach),
    ],
  ];
  const postgresPid = await stage.postgresPid();
  const measured = programs.map(([name, program, tokens]) => ({
    layer: { name, rounds: new Array<Sample>() },
    measure: (forSeconds: number) =>
      sampleOf(stage.generator, program, postgresPid, {
        connections,
        seconds: forSeconds,
        calls: [],
        chain: { name, path: '/auth/refresh', tokens },
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

export function layersTable(results: Layer[]): string {
  const [bare] = results;
  return table(
    ['refresh', '/s', 'CPU ms', '× bare', 'errors'],
    results.map(({ name, rounds }) => [
      name,
      number(spreadOf(rounds.map(({ perSecond }) => perSecond)).median, 0),
      spread(spreadOf(rounds.map(({ cpuMs }) => cpuMs)), 3),
      spread(spreadOf(rounds.map(({ cpuMs }, round) => cpuMs / (bare?.rounds[round]?.cpuMs ?? NaN)))),
      String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
    ]),
  );
}
