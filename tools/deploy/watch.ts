import { z } from 'zod';
import { getApplication } from './argo-cd.ts';

/** The state of a commit's deployment; a failure has a reason. */
export type Outcome = 'healthy' | 'pending' | { failed: string };

/** Reads the outcome of any of these commits once. Argo CD may have synced a later commit that contains the first. */
export type Watch = (environment: string, commits: string[]) => Promise<Outcome>;

/** Reads the Application in the current kube context. Needs access to the cluster. */
export const watchApplication: Watch = async (environment, commits) => {
  const { status } = await getApplication(environment);
  const { sync, health, operationState: operation } = status ?? {};
  const settled = sync?.status === 'Synced' && health?.status === 'Healthy';
  // until the sync has ended, the health is that of the previous commit
  if (operation?.phase === 'Running') {
    return 'pending';
  }
  // reverting to what is still running needs no sync
  if (!commits.includes(operation?.syncResult?.revision ?? '')) {
    return settled && commits.includes(sync.revision) ? 'healthy' : 'pending';
  }
  if (['Failed', 'Error'].includes(operation?.phase ?? '')) {
    return { failed: operation?.message ?? 'the sync failed' };
  }
  if (health?.status === 'Degraded') {
    return { failed: 'the new version is degraded' };
  }
  // the sync includes the smoke test
  return settled ? 'healthy' : 'pending';
};

const answer = z.object({
  statuses: z.array(z.object({ context: z.string(), state: z.string(), description: z.string().nullish() })),
});

/**
 * Reads the status that Argo CD's notifications set on the commit. Needs no access to the cluster.
 * @param api for example https://api.github.com/repos/OWNER/NAME
 * @param token with permission to read statuses
 */
export function watchCommitStatus(api: string, token: string): Watch {
  const ask = async (environment: string, commit: string): Promise<Outcome> => {
    const response = await fetch(`${api}/commits/${commit}/status?per_page=100`, {
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      throw new Error(`the status of ${commit}: ${response.status}`);
    }
    const status = answer
      .parse(await response.json())
      .statuses.find(({ context }) => context === `argocd/${environment}`);
    if (status?.state === 'success') {
      return 'healthy';
    }
    if (status?.state === 'failure' || status?.state === 'error') {
      return { failed: status.description ?? 'Argo CD reports a failure' };
    }
    return 'pending';
  };
  return async (environment, commits) => {
    for (const commit of commits) {
      const outcome = await ask(environment, commit);
      if (outcome !== 'pending') {
        return outcome;
      }
    }
    return 'pending';
  };
}
