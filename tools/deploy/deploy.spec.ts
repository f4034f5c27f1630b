import { beforeEach, describe, expect, it } from 'vitest';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { deploy, rollBack } from './deploy.ts';
import { Repository } from './repository.ts';

const settings = 'settings';
const image = (digit: string) => ({ 'devopslocally/auth': `registry.example.com/auth@sha256:${digit.repeat(64)}` });
const pipeline = { environment: 'dev', log: () => undefined, watch: async () => 'healthy' as const };

let folder: string;
let repository: Repository;

beforeEach(async () => {
  const base = mkdtempSync(join(tmpdir(), 'repository-'));
  const origin = join(base, 'origin.git');
  folder = join(base, 'clone');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  await run('git', ['clone', '--quiet', origin, folder]);
  mkdirSync(join(folder, 'k8s'));
  cpSync(join(root, 'k8s/argocd'), join(folder, 'k8s/argocd'), { recursive: true });
  cpSync(join(root, 'k8s/overlays'), join(folder, 'k8s/overlays'), { recursive: true });
  repository = new Repository(folder);
  await commit('a');
});

/** Commits a change of the settings and pushes it. */
async function commit(text: string): Promise<string> {
  writeFileSync(join(folder, settings), text);
  await repository.git('add', '.');
  await repository.git('commit', '--quiet', '-m', `feat: ${text}`);
  await repository.git('push', '--quiet', 'origin', 'HEAD:main');
  return repository.head();
}
const content = () => readFileSync(join(folder, settings), 'utf8');

describe('a roll-back', () => {
  it('a second time syncs what came after the first one', async () => {
    const bad = await commit('b');
    const synced: string[] = [];
    const again = () =>
      rollBack({ ...pipeline, repository, sync: async (_environment, revision) => void synced.push(revision) }, bad);
    await again();
    expect(content()).toBe('a');
    const fixed = await commit('c');
    await again();
    expect(synced.at(-1)).toBe(fixed);
    expect([content(), await repository.head()]).toEqual(['c', fixed]);
  });

  it('reverts again what has been brought back since', async () => {
    const bad = await commit('b');
    const revert = await repository.revert(bad);
    await repository.revert(revert);
    expect(content()).toBe('b');
    expect(await repository.revertOf(bad)).toBeUndefined();
    await repository.revert(bad);
    expect(content()).toBe('a');
  });

  it('of a commit whose lines changed since says so, and leaves the checkout as it was', async () => {
    const bad = await commit('b');
    const head = await commit('c');
    await expect(repository.revert(bad)).rejects.toThrow('revert later commits to the same lines first');
    await repository.assertUnchanged();
    expect([content(), await repository.head()]).toEqual(['c', head]);
  });

  it('of a merge takes out what it brought in', async () => {
    await repository.git('checkout', '--quiet', '-b', 'feature');
    writeFileSync(join(folder, settings), 'b');
    await repository.git('commit', '--quiet', '-am', 'feat: b');
    await repository.git('checkout', '--quiet', 'main');
    await repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge feature', 'feature');
    await repository.git('push', '--quiet', 'origin', 'main');
    await repository.revert('HEAD');
    expect(content()).toBe('a');
    expect(await repository.revertOf('HEAD~1')).toBe(await repository.head());
  });
});

describe('a deployment', () => {
  it('that is repeated waits for the environment, and reports that it is not healthy', async () => {
    const first = await deploy({ ...pipeline, repository, images: image('a') });
    expect(first.rolledBack).toBeUndefined();
    const head = await repository.head();
    const watch = async () => ({ failed: 'the new version is degraded' });
    await expect(deploy({ ...pipeline, repository, images: image('a'), watch })).rejects.toThrow('degraded');
    expect(await repository.head()).toBe(head);
    await deploy({ ...pipeline, repository, images: image('a') });
  });
});
