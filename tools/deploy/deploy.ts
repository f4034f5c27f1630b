import { until } from '../lib/until.ts';
import { type Images, type Repository } from './repository.ts';
import { type Watch } from './watch.ts';

export interface Deployment {
  repository: Repository;
  environment: string;
  images: Images;
  watch: Watch;
  /** Runs once the environment is healthy; what it throws takes the deployment back. */
  smokeTest?: () => Promise<unknown>;
  /** Longest wait for Argo CD's verdict, in seconds. */
  patience?: number;
  log: (text: string) => void;
}

export interface Result {
  /** Why it was taken back; nothing where it serves. */
  rolledBack?: string;
  /** From the push to the verdict, in seconds. */
  seconds: number;
  /** From the failure to healthy again, in seconds. */
  rollbackSeconds?: number;
}

const since = (started: number) => (Date.now() - started) / 1000;

/**
 * Commits an environment's images, waits until Argo CD has brought them to health and the smoke test has passed, and takes the
 * commit back where that fails.
 * @throws where what was there before does not get healthy either
 */
export async function deploy(deployment: Deployment): Promise<Result> {
  const { repository, environment, images, smokeTest, log, patience = 900 } = deployment;
  const started = Date.now();
  const revision = await repository.setImages(environment, images);
  if (!revision) {
    log(`${environment} has these images already`);
    return { seconds: 0 };
  }
  log(`${environment}: ${revision.slice(0, 12)} is pushed`);
  try {
    await verdict(deployment, revision, patience);
    await smokeTest?.();
    return { seconds: since(started) };
  } catch (error) {
    const rolledBack = error instanceof Error ? error.message : String(error);
    const seconds = since(started);
    log(`${environment}: ${rolledBack}`);
    const failed = Date.now();
    const back = await repository.revert(revision);
    log(`${environment}: ${back.slice(0, 12)} takes it back`);
    await verdict(deployment, back, patience);
    return { rolledBack, seconds, rollbackSeconds: since(failed) };
  }
}

async function verdict(
  { repository, environment, watch }: Deployment,
  revision: string,
  patience: number,
): Promise<void> {
  const outcome = await until(
    `Argo CD's verdict on ${environment}`,
    patience,
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
