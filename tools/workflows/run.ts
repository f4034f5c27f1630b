/**
 * `make workflows`: runs each `run:` step of the workflows locally, once, and lists the steps that can't run locally and why.
 * Fails if a step is anything but a make target.  run.ts [TARGET...]: targets to skip
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../lib/root.ts';

interface Step {
  run?: string;
  env?: Record<string, string>;
}

interface Workflow {
  jobs: Record<string, { steps?: Step[]; strategy?: { matrix?: Record<string, string[]> } }>;
}

/** Targets that only work on GitHub. */
const needsGitHub: Record<string, string> = {
  publish: "pushes to the registry with the run's token; `make drill-deploy` publishes to a local one",
  sign: "signs with the run's identity",
  deploy: "waits for Argo CD's statuses on GitHub; `make drill-deploy` runs the same chain",
};

const folder = join(root, '.github/workflows');
const skipped = new Set(process.argv.slice(2));
const ran = new Map<string, number>();
const failed: string[] = [];
const notRun = new Map<string, string>();

for (const file of readdirSync(folder).sort()) {
  const { jobs } = parse(readFileSync(join(folder, file), 'utf8')) as Workflow;
  for (const [job, { steps = [], strategy }] of Object.entries(jobs)) {
    for (const { run, env = {} } of steps) {
      if (run === undefined) {
        continue;
      }
      const [, target] = /^make ([a-z-]+)( [A-Z]+=\w+)*$/.exec(run) ?? [];
      if (!target) {
        failed.push(`${file}, ${job}: \`${run}\` is not a make target`);
      } else if (ran.has(run) || notRun.has(run)) {
        continue;
      } else if (needsGitHub[target]) {
        notRun.set(run, needsGitHub[target]);
      } else if (skipped.has(target)) {
        notRun.set(run, 'skipped by SKIP');
      } else {
        execute(run, withoutExpressions(env, strategy?.matrix ?? {}));
      }
    }
  }
}

/** Replaces matrix expressions by the matrix's first value. Other expressions become empty. */
function withoutExpressions(env: Record<string, string>, matrix: Record<string, string[]>): Record<string, string> {
  const values = Object.entries(env).map(([name, value]): [string, string] => {
    const key = /^\$\{\{ matrix\.(\w+) \}\}$/.exec(value)?.[1];
    return [name, key ? (matrix[key]?.[0] ?? '') : value.includes('${{') ? '' : value];
  });
  return Object.fromEntries(values);
}

function execute(run: string, env: Record<string, string>): void {
  console.log(`\n=== ${run}`);
  const started = Date.now();
  const { status } = spawnSync('bash', ['-e', '-c', run], {
    cwd: root,
    env: { ...process.env, MAKEFLAGS: '', ...env },
    stdio: 'inherit',
    timeout: 1_800_000,
  });
  ran.set(run, (Date.now() - started) / 1000);
  if (status !== 0) {
    failed.push(`${run}: exit code ${String(status)}`);
  }
}

console.log();
for (const [run, seconds] of ran) {
  console.log(`ran      ${run.padEnd(30)} ${seconds.toFixed(1)} s`);
}
for (const [run, why] of notRun) {
  console.log(`not run  ${run.padEnd(30)} ${why}`);
}
for (const what of failed) {
  console.error(`FAIL     ${what}`);
}
console.log(`${ran.size} steps ran, ${notRun.size} did not, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
