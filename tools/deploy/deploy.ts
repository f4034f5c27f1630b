import { until } from '../lib/until.ts';
import { type Images, type Repository } from './repository.ts';
import { type Watch } from './watch.ts';

export interface Deployment {
  repository: Repository;
  environment: string;
  images: Images;
  watch: Watch;
  /** Has Argo CD begin with a roll-back at once. Without it, Argo CD begins by itself when it has ended the failed sync. */
  sync?: (environment: string, revision: string) => Promise<void>;
  /** Runs once the environment is healthy. If it throws, the deployment is rolled back. */
  smokeTest?: () => Promise<unknown>;
  /** Time limit for Argo CD's result. */
  timeoutSeconds?: number;
  log: (text: string) => void;
}

export interface Result {
  /** Why the deployment was rolled back; undefined if it succeeded. */
  rolledBack?: string;
  /** From the push to the result. */
  seconds: number;
  /** From the failure until the environment was healthy again. */
  rollbackSeconds?: number;
}

const since = (started: number) => (Date.now() - started) / 1000;

/**
 * Commits an environment's images, then waits until Argo CD reports it healthy and the smoke test has passed. Reverts the commit
 * if that fails. If the images are committed already, as after a run that was interrupted, it waits for the same, and reverts nothing.
 * @throws Error if the environment is not healthy after the revert, or with the images that it had already
 */
export async function deploy(deployment: Deployment): Promise<Result> {
  const { repository, environment, images, smokeTest, log, timeoutSeconds = 900 } = deployment;
  const started = Date.now();
  const { revision, isNew } = await repository.setImages(environment, images);
  if (!isNew) {
    log(`${environment} has these images since ${revision.slice(0, 12)}`);
    await settled(deployment, revision, timeoutSeconds);
    await smokeTest?.();
    return { seconds: since(started) };
  }
  log(`${environment}: pushed ${revision.slice(0, 12)}`);
  try {
    await settled(deployment, revision, timeoutSeconds);
    await smokeTest?.();
    if (await repository.revertOf(revision)) {
      throw new Error('somebody has rolled it back');
    }
    return { seconds: since(started) };
  } catch (error) {
    const rolledBack = error instanceof Error ? error.message : String(error);
    const seconds = since(started);
    log(`${environment}: ${rolledBack}`);
    return { rolledBack, seconds, rollbackSeconds: await rollBack(deployment, revision) };
  }
}

/**
 * Reverts a commit and waits until the environment is healthy with what it had before.
 * @returns seconds
 * @throws Error if the environment is not healthy after the revert
 */
export async function rollBack(rollback: Omit<Deployment, 'images'>, revision: string): Promise<number> {
  const { repository, environment, sync, log, timeoutSeconds = 900 } = rollback;
  const started = Date.now();
  const back = await repository.revert(revision);
  log(`${environment}: reverted by ${back.slice(0, 12)}`);
  // the newest commit: one that came after an earlier roll-back stays
  await sync?.(environment, await repository.head());
  await settled(rollback, back, timeoutSeconds);
  return since(started);
}

/** @throws Error with the reason if the deployment of a commit fails */
async function settled(
  { repository, environment, watch }: Omit<Deployment, 'images'>,
  revision: string,
  timeoutSeconds: number,
): Promise<void> {
  const outcome = await until(
    `Argo CD's result for ${environment}`,
    timeoutSeconds,
    async () => {
      const answer = await watch(environment, [revision, await repository.head()]);
      return answer === 'pending' ? undefined : answer;
    },
    2000,
  );
  if (outcome !== 'healthy') {
    throw new Error(outcome.failed);
  }
}
