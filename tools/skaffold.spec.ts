import { describe, expect, it } from 'vitest';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { root } from './lib/root.ts';

interface Patch {
  path: string;
  value: unknown;
}

interface Job {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
}

interface Skaffold {
  resourceSelector: { allow: { groupKind: string; labels: string[] }[] };
  deploy: { kubectl: { hooks: { before: { host: { command: string[] } }[] } } };
  build: { local: { push?: boolean }; artifacts: { image: string }[] };
  profiles: { name: string; patches: Patch[] }[];
}

const committed = readFileSync(join(root, 'skaffold.yaml'), 'utf8');

describe('skaffold.yaml', () => {
  it('leaves to Skaffold whether a cluster is local or needs a push', () => {
    expect((parse(committed) as Skaffold).build.local.push).toBeUndefined();
  });

  it('keeps the id of a run out of the database pod, which would restart at each run', () => {
    const { allow } = (parse(committed) as Skaffold).resourceSelector;
    expect(allow.find(({ groupKind }) => groupKind === 'StatefulSet.apps')?.labels).toEqual(['.metadata.labels']);
  });

  it.each(['staging', 'prod'])('deletes the Jobs of the last deployment in the namespace of %s', (profile) => {
    const { deploy, profiles } = parse(committed) as Skaffold;
    const [hook] = deploy.kubectl.hooks.before;
    const patched = profiles
      .find(({ name }) => name === profile)
      ?.patches.find(({ path }) => path.startsWith('/deploy/kubectl/hooks/before/0/host/command/'));
    const command = hook?.host.command.with(Number(patched?.path.split('/').at(-1)), String(patched?.value));
    expect(command).toEqual([
      'kubectl',
      `--namespace=devopslocally-${profile}`,
      ...['delete', 'job', '--selector=devopslocally/job=deployment'],
    ]);
  });

  it('finds each Job of the manifests by its label', () => {
    const jobs = globSync('k8s/**/*.yaml', { cwd: root })
      .flatMap((path) =>
        parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((text) => text.toJS() as Job | null),
      )
      .filter((manifest) => manifest?.kind === 'Job');
    expect(jobs.length).toBeGreaterThan(2);
    for (const job of jobs) {
      expect(job).toMatchObject({ metadata: { labels: { 'devopslocally/job': 'deployment' } } });
    }
  });

  it('live-codes auth into its pod', () => {
    const { build, profiles } = parse(committed) as Skaffold;
    const patches = profiles.find(({ name }) => name === 'dev')?.patches ?? [];
    const artifact = build.artifacts.findIndex(({ image }) => image === 'devopslocally/auth');
    const patched = (field: string) => patches.find(({ path }) => path === `/build/artifacts/${artifact}/${field}`);
    expect(patched('docker/target')?.value).toBe('dev');
    const { manual } = (patched('sync')?.value ?? {}) as { manual?: { src: string }[] };
    const own = 'apps/auth/src';
    expect(manual?.map(({ src }) => src)).toEqual([`${own}/*.ts`, `${own}/[^d]*/**/*.ts*`, 'libs/**/*.ts']);
    // a folder like it would be built and deployed again for each saved file
    expect(globSync(`${own}/d*/`, { cwd: root }).filter((path) => !path.endsWith('/database'))).toEqual([]);
  });
});
