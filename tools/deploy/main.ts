/**
 * `make deploy` and `make promote`: ENVIRONMENT gets IMAGES, or what the environment FROM runs. On GitHub
 * Argo CD's verdict is read from the commit's status, elsewhere from the current kube context. Exit code 1: taken back.
 */
import { join } from 'node:path';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { deploy } from './deploy.ts';
import { parseImages, Repository } from './repository.ts';
import { watchApplication, watchCommitStatus } from './watch.ts';

function needed(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

const { FROM, SMOKE_TEST_URL, GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
const repository = new Repository(root);
const images = FROM ? repository.images(FROM) : parseImages(needed('IMAGES'));

const { rolledBack, seconds, rollbackSeconds } = await deploy({
  repository,
  environment: needed('ENVIRONMENT'),
  images,
  watch: GITHUB_TOKEN
    ? watchCommitStatus(`${GITHUB_API_URL ?? ''}/repos/${GITHUB_REPOSITORY ?? ''}`, GITHUB_TOKEN)
    : watchApplication,
  ...(SMOKE_TEST_URL && {
    smokeTest: () => run('node', [join(root, 'k8s/base/auth/smoke-test.ts'), SMOKE_TEST_URL], { seconds: 300 }),
  }),
  log: (text) => {
    console.log(text);
  },
});
if (rolledBack !== undefined) {
  console.error(
    `taken back after ${seconds.toFixed(0)} s, healthy ${(rollbackSeconds ?? 0).toFixed(0)} s later: ${rolledBack}`,
  );
  process.exit(1);
}
console.log(`serves after ${seconds.toFixed(0)} s`);
