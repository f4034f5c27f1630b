/**
 * `make bench`: measures the bundled service, as its image contains it, against controls and writes all figures to .cache/bench/. Options: `--only=PART,…`,
 * `--rounds=N`, `--seconds=N`, `--sizes=N,…` (numbers of accounts for growth, search and console), `--profile=FOLDER` (CPU profiles of the service)
 * and `--quick`, which takes less than 2 minutes. Exits with 1 on an error, or if a ratio is below half of its goal.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bystanders, bystandersTable } from './cases/bystanders.ts';
import { comparedMembers, comparisons } from './cases/compared.ts';
import { consolePages, consoleTable } from './cases/console.ts';
import { growth, growthTable } from './cases/growth.ts';
import { hashing, hashingMembers } from './cases/hashing.ts';
import { layers, layersTable } from './cases/layers.ts';
import { overload, overloadTable } from './cases/overload.ts';
import { holds, replicas, replicasTable } from './cases/replicas.ts';
import { accountSearch, searchTable } from './cases/search.ts';
import { weight, weightTable } from './cases/weight.ts';
import { comparedTable, saveResults } from './lib/report.ts';
import { compare, hasErrors, type Compared, type Comparison } from './lib/rounds.ts';
import { memoryLimitMiB, Stage } from './lib/stage.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    sizes: { type: 'string' },
    profile: { type: 'string' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 2 : 5));
const sizes = (options.sizes ?? (options.quick ? '1000,10000' : '1000,100000,1000000')).split(',').map(Number);
const only = options.only?.split(',');
const isWanted = (...names: string[]) => only === undefined || names.some((name) => only.includes(name));

/** Expectations that the results do not meet. */
const faults: string[] = [];
const expect = (condition: boolean, fault: string) => {
  if (!condition) {
    faults.push(fault);
  }
};
const results: Record<string, unknown> = { processors: availableParallelism(), rounds, seconds };

/**
 * Runs a part of the benchmark on a new stage.
 * @param members names with which `--only` selects single comparisons of the part
 */
async function part<T>(
  name: string,
  run: (stage: Stage) => Promise<T>,
  format: (result: T) => string,
  members: string[] = [],
): Promise<T | undefined> {
  if (!isWanted(name, ...members)) {
    return undefined;
  }
  const stage = await Stage.open();
  stage.profiles = options.profile;
  const began = performance.now();
  try {
    const result = await run(stage);
    results[name] = result;
    const took = ((performance.now() - began) / 1000).toFixed(0);
    process.stdout.write(`\n## ${name} (${took} s)\n\n${format(result)}\n`);
    return result;
  } finally {
    await stage.close();
  }
}

/** Runs a part that compares the service with controls. */
function compareAll(
  name: string,
  members: string[],
  prepare: (stage: Stage) => Promise<Comparison[]>,
  warmUpSeconds: number,
) {
  const run = async (stage: Stage) => {
    const compared: Compared[] = [];
    for (const comparison of await prepare(stage)) {
      const isInQuick = !options.quick || comparison.goal !== undefined;
      if (isInQuick && isWanted(name, comparison.name)) {
        compared.push(await compare(comparison, rounds, seconds, options.quick ? 1 : warmUpSeconds));
      }
    }
    return compared;
  };
  return part(name, run, comparedTable, members);
}

/** The part of a goal that fails. A quick run has one round of seconds: it finds what has become several times slower. */
const tolerance = options.quick ? 0.25 : 0.5;
const compared = [
  // hashing runs few iterations per second, so V8 needs long to compile the code around it
  ...((await compareAll('hashing', hashingMembers, hashing, 60)) ?? []),
  ...((await compareAll('compared', comparedMembers, comparisons, 5)) ?? []),
];
for (const one of compared) {
  const { name, goal = 0, ratio, cpuRatio } = one;
  // the better of the two suffers less from other load on the machine
  const better = Math.max(ratio.median, cpuRatio.median);
  expect(
    better >= goal * tolerance,
    `${name} is at ${better.toFixed(2)} of its control, less than ${tolerance} of its goal ${goal}`,
  );
  expect(!hasErrors(one), `${name} had errors`);
}

const overloaded = await part(
  'overload',
  (stage) => overload(stage, rounds, options.quick ? seconds : seconds * 2),
  overloadTable,
);
for (const { factor, goodput, errors } of overloaded?.rounds ?? []) {
  expect(
    errors === 0,
    `at ${factor} times the load, ${errors} responses were neither a login nor a 503 with Retry-After`,
  );
  expect(
    goodput >= 0.85 * tolerance,
    `at ${factor} times the load, only ${goodput.toFixed(2)} of the peak logins succeeded`,
  );
}
expect((overloaded?.peakMiB ?? 0) < memoryLimitMiB, 'the service uses more memory than its container has');

const grown = await part('growth', (stage) => growth(stage, sizes, rounds, seconds), growthTable);
for (const { accounts, errors } of grown ?? []) {
  expect(errors === 0, `${errors} requests failed with ${accounts} accounts`);
}

if (!options.quick) {
  const waited = await part('bystanders', (stage) => bystanders(stage, rounds, seconds), bystandersTable);
  for (const { request, beside, errors } of waited ?? []) {
    expect(errors === 0, `${errors} requests failed, of the ${request} or of the ${beside} beside it`);
  }
  const layered = await part('layers', (stage) => layers(stage, rounds, seconds), layersTable);
  for (const { name, rounds: samples } of layered ?? []) {
    expect(
      samples.every(({ errors }) => errors === 0),
      `refreshes of ${name} had errors`,
    );
  }
  await part('weight', (stage) => weight(stage, rounds, seconds), weightTable);
  await part('search', (stage) => accountSearch(stage, sizes, rounds), searchTable);
  const opened = await part('console', (stage) => consolePages(stage, sizes, rounds), consoleTable);
  expect((opened?.scriptKiB ?? 0) <= 250, 'the scripts of the console’s first view exceed 250 KiB');
}

const scaled = await part(
  'replicas',
  (stage) => replicas(stage, options.quick ? [1, 2] : [1, 2, 4], rounds, seconds),
  replicasTable,
);
for (const result of scaled ?? []) {
  expect(
    holds(result),
    `${result.replicas} replicas violate a limit or the rotation of refresh tokens: ${JSON.stringify(result)}`,
  );
}

process.stdout.write(`\n${await saveResults('bench', results)}\n`);
for (const fault of faults) {
  process.stdout.write(`FAULT: ${fault}\n`);
}
process.exitCode = faults.length > 0 ? 1 : 0;
