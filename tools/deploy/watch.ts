import { z } from 'zod';
import { getJson } from '../lib/kubectl.ts';

/** What came of a commit in an environment; a failure says why. */
export type Outcome = 'healthy' | 'pending' | { failed: string };

/** Asks once what came of any of these commits: Argo CD may have gone on to a later one, which contains the one meant. */
export type Watch = (environment: string, commits: string[]) => Promise<Outcome>;

interface Application {
  status?: {
    sync?: { status: string; revision: string };
    health?: { status: string };
    operationState?: { phase: string; message?: string; syncResult?: { revision: string } };
  };
}

/** By the Application in the current kube context: for whoever has access to the cluster anyway. */
export const watchApplication: Watch = async (environment, commits) => {
  const { status } = await getJson<Application>(['application', environment, '-n', 'argocd']);
  const { sync, health, operationState: operation } = status ?? {};
  const settled = sync?.status === 'Synced' && health?.status === 'Healthy';
  // until a commit's own sync has ended, the health is what the one before has left
  if (operation?.phase === 'Running') {
    return 'pending';
  }
  // going back to what still runs needs no sync
  if (!commits.includes(operation?.syncResult?.revision ?? '')) {
    return settled && commits.includes(sync.revision) ? 'healthy' : 'pending';
  }
  if (['Failed', 'Error'].includes(operation?.phase ?? '')) {
    return { failed: operation?.message ?? 'the sync failed' };
  }
  if (health?.status === 'Degraded') {
    return { failed: 'the new version does not stay healthy' };
  }
  // the smoke test was part of the sync
  return settled ? 'healthy' : 'pending';
};

const answer = z.object({
  statuses: z.array(z.object({ context: z.string(), state: z.string(), description: z.string().nullish() })),
});

/**
 * By the status that Argo CD's notifications set on the commit: needs no access to the cluster.
 * @param api such as https://api.github.com/repos/OWNER/NAME
 * @param token that may read statuses
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
      return { failed: status.description ?? 'Argo CD says so' };
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
