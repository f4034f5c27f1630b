/**
 * `make bench-compare`: compares the service with other software on the same PostgreSQL and under the same loads, with the
 * other's password hash and with the service's. Keycloak takes part if KEYCLOAK_HOME names its distribution. Options: `--rounds=N`,
 * `--seconds=N`. Exits with 1 on an error.
 */
import { parseArgs } from 'node:util';
import { accessTokens, authorized, connections, hashConnections, logins, sampleOf } from './lib/measure.ts';
import type { Call } from './lib/load.ts';
import { type Peer, startBetterAuth, startKeycloak } from './lib/peers.ts';
import { populate, serviceTokens } from './lib/population.ts';
import { type Program, untilIdle, usageOf } from './lib/programs.ts';
import { comparedTable, number, saveResults, table } from './lib/report.ts';
import { compare, hasErrors, type Compared, type Comparison } from './lib/rounds.ts';
import { Stage } from './lib/stage.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seconds: { type: 'string' } } });
const [rounds, seconds] = [Number(values.rounds ?? 5), Number(values.seconds ?? 5)];
const accounts = 100;
const home = process.env['KEYCLOAK_HOME'];

/** What a system weighs. */
interface Weight {
  system: string;
  readyMs: number;
  idleMiB: number;
  peakMiB: number;
}

const compared: Compared[] = [];
const weights: Weight[] = [];
await besides('better-auth', 'scrypt', (stage, name) =>
  startBetterAuth(stage, name, { hasEqualHash: name !== 'shipped', accounts, renews: name === 'renewing' }),
);
if (home) {
  await besides('Keycloak', 'argon2id, 7 MiB', async (stage, name) =>
    name === 'renewing' ? undefined : startKeycloak(stage, name, { hasEqualHash: name === 'equal', accounts, home }),
  );
}
process.stdout.write(`\n${comparedTable(compared)}\n\n${weightTable()}\n\n`);
process.stdout.write(`${await saveResults('compare', { rounds, seconds, compared, weights })}\n`);
process.exitCode = compared.some(hasErrors) ? 1 : 0;

/**
 * Compares the service with a peer on a new stage.
 * @param shipped the peer's own hash
 * @param start starts it with the service's hash, with that and renewing sessions if it does so by session checks, or with its own hash
 */
async function besides(
  system: string,
  shipped: string,
  start: (stage: Stage, name: 'equal' | 'renewing' | 'shipped') => Promise<Peer | undefined>,
): Promise<void> {
  const stage = await Stage.open();
  try {
    const database = await stage.database('auth');
    await populate(database, accounts);
    const service = await stage.startService('auth');
    // each load loses one token per connection, whose response is pending when the load ends
    const tokens = await serviceTokens(database, stage.keyEncryptionKey, accounts + connections * (rounds + 2));
    const access = await accessTokens(service.url, tokens.splice(0, accounts));
    const postgresPid = await stage.postgresPid();
    const row = (
      name: string,
      peer: Peer,
      ours: () => Call[],
      theirs: () => Call[],
      count = connections,
    ): Comparison => {
      const load = (program: Program, time: number, calls: Call[]) =>
        sampleOf(stage.generator, program, postgresPid, { connections: count, seconds: time, calls });
      return {
        name,
        control: system,
        measure: (side, time) =>
          side === 'subject' ? load(service, time, ours()) : load(peer.program, time, theirs()),
      };
    };
    const login = (peer: Peer, hash: string) => ({
      ...row('login', peer, () => logins(accounts), peer.logins, hashConnections(stage.processorCount)),
      control: `${system}, ${hash}`,
    });
    const me = () => authorized('/auth/me', access);
    const measure = async (comparison: Comparison) => compared.push(await compare(comparison, rounds, seconds, 5));

    const equal = (await start(stage, 'equal')) as Peer;
    const renewing = (await start(stage, 'renewing')) ?? equal;
    const idle = [await idleMiB(service), await idleMiB(equal.program)];
    await measure(row('session check', equal, me, equal.sessionChecks));
    const chain = { name: 'refresh', path: '/auth/refresh', tokens };
    const refresh = row('refresh', renewing, me, renewing.renewals);
    await measure({
      ...refresh,
      measure: (side, time) =>
        side === 'subject'
          ? sampleOf(stage.generator, service, postgresPid, { connections, seconds: time, calls: [], chain })
          : refresh.measure(side, time),
    });
    // logins last, because they end an account's oldest sessions
    await measure(login(equal, 'the same argon2id'));
    const own = (await start(stage, 'shipped')) as Peer;
    await measure(login(own, `as shipped: ${shipped}`));
    const peak = [await usageOf(service.pid), await usageOf(equal.program.pid)].map(({ peakMiB }) => peakMiB);
    await Promise.all([service, renewing.program, equal.program, own.program].map((program) => program.stop()));
    // on a database that has its schema and accounts
    for (const [index, again] of [() => stage.startService('auth'), equal.restart].entries()) {
      const program = await again();
      const name = index === 0 ? 'the service' : system;
      weights.push({
        system: name,
        readyMs: program.startMs,
        idleMiB: idle[index] ?? NaN,
        peakMiB: peak[index] ?? NaN,
      });
      await program.stop();
    }
  } finally {
    await stage.close();
  }
}

/** Its memory before any load. */
async function idleMiB({ pid }: Program): Promise<number> {
  await untilIdle(pid);
  return (await usageOf(pid)).rssMiB;
}

function weightTable(): string {
  const head = ['', 'ready after s', 'idle MiB', 'peak MiB'];
  const rows = weights.map(({ system, readyMs, idleMiB: idle, peakMiB }) => [
    system,
    number(readyMs / 1000, 1),
    number(idle, 0),
    number(peakMiB, 0),
  ]);
  return table(head, rows);
}
