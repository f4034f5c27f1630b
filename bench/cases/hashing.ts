import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../tools/built.ts';
import { hashConnections, logins, registrations, sampleOf } from '../lib/measure.ts';
import { populate } from '../lib/population.ts';
import { boundCommand } from '../lib/processors.ts';
import type { Comparison, Sample } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

const accounts = 1000;
export const hashingMembers = ['login', 'register'];
const bareArgon2 = join(root, 'bench', 'controls', 'argon2.ts');

/**
 * Compares requests whose cost is a password hash. The control, a bare loop, has processors to itself. The service runs on the
 * same ones, PostgreSQL and the load generator on the others.
 */
export async function hashing(stage: Stage): Promise<Comparison[]> {
  await stage.isolate();
  await populate(await stage.database('hashing'), accounts);
  const service = await stage.startService('hashing', { REGISTER_ADDRESS_BURST: '1000000' });
  const { DATABASE_URL } = stage.environment('hashing');
  const bare = await stage.start('bench/controls/bare.ts', { DATABASE_URL });
  const postgresPid = await stage.postgresPid();
  const processors = stage.processorCount;
  const connections = hashConnections(processors);

  return [
    {
      name: 'login',
      control: 'argon2id in a bare loop',
      goal: 0.9,
      measure: (side, seconds) =>
        side === 'control'
          ? argon2(seconds, processors, stage.processors?.measured)
          : sampleOf(stage.generator, service, postgresPid, { connections, seconds, calls: logins(accounts) }),
    },
    {
      name: 'register',
      control: 'bare Fastify + pg + argon2id',
      measure: (side, seconds) =>
        sampleOf(stage.generator, side === 'control' ? bare : service, postgresPid, {
          connections,
          seconds,
          calls: registrations(2000),
        }),
    },
  ];
}

/** Runs the library alone, with the service's concurrency. */
async function argon2(seconds: number, concurrency: number, processors: string | undefined): Promise<Sample> {
  const args = ['--disable-warning=ExperimentalWarning', bareArgon2, String(seconds), String(concurrency)];
  const { stdout } = await promisify(execFile)(...boundCommand(processors, process.execPath, args));
  return JSON.parse(stdout) as Sample;
}
