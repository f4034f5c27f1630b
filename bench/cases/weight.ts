import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../../tools/built.ts';
import { installedMiB, sizeMiB } from '../lib/installed.ts';
import { authorized, accessTokens, connections, logins, succeeded } from '../lib/measure.ts';
import { populate, serviceTokens } from '../lib/population.ts';
import { usageOf, type Program } from '../lib/programs.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf, type Side } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

interface Weighed {
  startMs: number;
  idleMiB: number;
  loadedMiB: number;
}

export interface WeightResult {
  rounds: Record<Side, Weighed>[];
  /** Size of an image without its base, in MiB. */
  imageMiB: Record<Side, number>;
}

const accounts = 1000;
/** Packages of the hello-world control. */
const helloPackages = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-fastify', 'reflect-metadata', 'rxjs'];

/** Measures start-up, memory and image size against a hello world on the same framework. The database is warm. */
export async function weight(stage: Stage, rounds: number, seconds: number): Promise<WeightResult> {
  const database = await stage.database('weight');
  await populate(database, accounts);
  const results: WeightResult['rounds'] = [];
  for (let round = 0; round < rounds; round += 1) {
    const service = await stage.startService('weight');
    const tokens = await serviceTokens(database, stage.keyEncryptionKey, 100);
    const access = await accessTokens(service.url, tokens);
    const subject = await weigh(service, async ({ url }) => {
      await stage.generator.run({ url, connections, seconds, calls: logins(accounts) });
      await stage.generator.run({ url, connections, seconds, calls: authorized('/auth/me', access) });
    });
    const control = await weigh(await stage.start('bench/controls/hello.ts'), async ({ url }) => {
      succeeded(await stage.generator.run({ url, connections, seconds, calls: [{ method: 'GET', path: '/hello' }] }));
    });
    results.push({ subject, control });
  }
  const imageMiB = {
    subject: await sizeMiB(join(root, '.cache', 'bundle', 'auth')),
    control: await installedMiB(helloPackages),
  };
  return { rounds: results, imageMiB };
}

async function weigh(program: Program, load: (program: Program) => Promise<void>): Promise<Weighed> {
  const idle = await usageOf(program.pid);
  await load(program);
  const loaded = await usageOf(program.pid);
  await program.stop();
  return { startMs: program.startMs, idleMiB: idle.rssMiB, loadedMiB: loaded.peakMiB };
}

export function weightTable({ rounds: results, imageMiB }: WeightResult): string {
  const rows = (['startMs', 'idleMiB', 'loadedMiB'] as const).map((which) => [
    { startMs: 'start until listening, ms', idleMiB: 'idle memory, MiB', loadedMiB: 'peak memory under load, MiB' }[
      which
    ],
    spread(spreadOf(results.map(({ subject }) => subject[which])), 0),
    spread(spreadOf(results.map(({ control }) => control[which])), 0),
    spread(spreadOf(results.map(({ subject, control }) => subject[which] / control[which]))),
  ]);
  const { subject, control } = imageMiB;
  rows.push(['image without base, MiB', number(subject, 1), number(control, 1), number(subject / control)]);
  return `${table(['', 'service', 'hello', 'ratio'], rows)}\n\n${availableParallelism()} concurrent hashes.`;
}
