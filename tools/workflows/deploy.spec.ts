import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../lib/root.ts';

interface Job {
  if?: string;
  needs?: string | string[];
  environment?: string;
  concurrency?: { group: string; 'cancel-in-progress': boolean };
  steps?: { run?: string; env?: Record<string, string> }[];
}

const { jobs, concurrency } = parse(readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8')) as {
  jobs: Record<string, Job>;
  concurrency?: object;
};
const deploying = Object.values(jobs).filter(({ environment }) => environment !== undefined);

describe('the workflow that deploys', () => {
  it('publishes and deploys main only', () => {
    // a job that needs a skipped one is skipped
    const [first, ...others] = Object.values(jobs);
    expect(first?.if).toBe("github.ref == 'refs/heads/main'");
    expect(others.every(({ needs }) => needs !== undefined)).toBe(true);
  });

  it('takes turns at each job, so that a run which waits for an approval holds up no other environment', () => {
    expect(concurrency).toBeUndefined();
    const groups = Object.values(jobs).map((job) => job.concurrency);
    expect(groups.every((group) => group?.['cancel-in-progress'] === false)).toBe(true);
    expect(new Set(groups.map((group) => group?.group)).size).toBe(groups.length);
  });

  it('gives every environment the images that the run has published', () => {
    const environments = deploying.map(({ environment }) => environment);
    expect(environments).toEqual(['dev', 'staging', 'prod']);
    const deployed = deploying.flatMap(({ steps = [] }) => steps.filter(({ run }) => run === 'make deploy'));
    expect(deployed.map(({ env }) => [env?.['ENVIRONMENT'], env?.['IMAGES']])).toEqual(
      environments.map((environment) => [environment, '${{ needs.publish.outputs.images }}']),
    );
  });
});
