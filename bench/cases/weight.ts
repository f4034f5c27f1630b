import { availableParallelism } from 'node:os';
import { authorized, accessTokens, connections, good, logins } from '../lib/measure.ts';
import { populate, serviceTokens } from '../lib/population.ts';
import { usageOf, type Program } from '../lib/programs.ts';
import { spread, table } from '../lib/report.ts';
import { spreadOf, type Side } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

interface Weighed {
  startMs: number;
  idleMiB: number;
  loadedMiB: number;
}

export type WeightResult = Record<Side, Weighed>[];

const accounts = 1000;

/** Start-up on a database that is warm, and memory idle and after a load, by those of a hello on the same framework. */
export async function weight(stage: Stage, rounds: number, seconds: number): Promise<WeightResult> {
  const database = await stage.database('weight');
  await populate(database, accounts);
  const results: WeightResult = [];
  for (let round = 0; round < rounds; round += 1) {
    const service = await stage.startService('weight');
    const tokens = await serviceTokens(database, stage.keyEncryptionKey, 100);
    const access = await accessTokens(service.url, tokens);
    const subject = await weigh(service, async ({ url }) => {
      await stage.generator.run({ url, connections, seconds, calls: logins(accounts) });
      await stage.generator.run({ url, connections, seconds, calls: authorized('/auth/me', access) });
    });
    const control = await weigh(await stage.start('bench/controls/hello.ts'), async ({ url }) => {
      good(await stage.generator.run({ url, connections, seconds, calls: [{ method: 'GET', path: '/hello' }] }));
    });
    results.push({ subject, control });
  }
  return results;
}

async function weigh(program: Program, load: (program: Program) => Promise<void>): Promise<Weighed> {
  const idle = await usageOf(program.pid);
  await load(program);
  const loaded = await usageOf(program.pid);
  await program.stop();
  return { startMs: program.startMs, idleMiB: idle.rssMiB, loadedMiB: loaded.peakMiB };
}

export function weightTable(results: WeightResult): string {
  const rows = (['startMs', 'idleMiB', 'loadedMiB'] as const).map((which) => [
    { startMs: 'start to listening, ms', idleMiB: 'memory idle, MiB', loadedMiB: 'most memory under load, MiB' }[which],
    spread(spreadOf(results.map(({ subject }) => subject[which])), 0),
    spread(spreadOf(results.map(({ control }) => control[which])), 0),
    spread(spreadOf(results.map(({ subject, control }) => subject[which] / control[which]))),
  ]);
  return `${table(['', 'service', 'hello', 'ratio'], rows)}\n\n${availableParallelism()} hashes at once.`;
}
