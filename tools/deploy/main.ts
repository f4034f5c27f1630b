/**
 * `make deploy` and `make promote`: deploys IMAGES, or the images of the environment FROM, to ENVIRONMENT: first its own Application, then
 * those of its other services, each by a commit of its own, and none after one that fails. Reads Argo CD's result
 * from the commit's status on GitHub, elsewhere from the current kube context. Exits with 1 if a deployment was rolled back, and with 75
 * without a commit for the rest if the environment's sync window is closed.
 */
import { join } from 'node:path';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { getApplication, syncNow } from './argo-cd.ts';
import { deploy } from './deploy.ts';
import { parseImages, Repository } from './repository.ts';
import { opensAt } from './sync-window.ts';
import { watchApplication, watchCommitStatus } from './watch.ts';

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

const { FROM, SMOKE_TEST_URL, GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
const repository = new Repository(root);
const images = FROM ? repository.images(FROM) : parseImages(required('IMAGES'));

const environment = required('ENVIRONMENT');

// before anything is pushed
await repository.assertUnchanged();
const applications = repository.applicationImages(environment, images);
if (!GITHUB_TOKEN) {
  // each must be there: `kubectl apply -k k8s/argocd` creates those of a new service
  await Promise.all(applications.map(([application]) => getApplication(application)));
}
for (const [application, own] of applications) {
  const opens = opensAt(root, environment, new Date());
  if (opens) {
    console.error(
      `${application} takes no deployment now: its sync window must be open for half an hour, so that a failed one can be rolled back.\n` +
        `Nothing was committed for it. Run this again from ${opens.toISOString()}.\n` +
        `A roll-back does not wait: make rollback ENVIRONMENT=${application} COMMIT=…`,
    );
    process.exit(75);
  }
  const { rolledBack, seconds, rollbackSeconds } = await deploy({
    repository,
    environment: application,
    images: own,
    ...(GITHUB_TOKEN
      ? { watch: watchCommitStatus(`${GITHUB_API_URL ?? ''}/repos/${GITHUB_REPOSITORY ?? ''}`, GITHUB_TOKEN) }
      : { watch: watchApplication, sync: syncNow }),
    ...(SMOKE_TEST_URL &&
      application === environment && {
        smokeTest: () => run('node', [join(root, 'k8s/base/auth/smoke-test.ts'), SMOKE_TEST_URL], { seconds: 300 }),
      }),
    log: (text) => {
      console.log(text);
    },
  });
  if (rolledBack !== undefined) {
    console.error(
      `${application}: rolled back after ${seconds.toFixed(0)} s, healthy again ${(rollbackSeconds ?? 0).toFixed(0)} s later: ${rolledBack}`,
    );
    process.exit(1);
  }
  console.log(`${application}: deployed after ${seconds.toFixed(0)} s`);
}
