import { getJson, kubectl } from '../lib/kubectl.ts';
import { until } from '../lib/until.ts';

export interface Application {
  metadata: { resourceVersion: string };
  /** What is being done, until it has ended. */
  operation?: object;
  spec?: { syncPolicy?: { syncOptions?: string[] } };
  status?: {
    sync?: { status: string; revision: string };
    health?: { status: string };
    operationState?: {
      phase: string;
      message?: string;
      operation?: { sync?: { revision?: string }; initiatedBy?: { automated?: boolean } };
      syncResult?: { revision: string };
    };
  };
}

/** Reads an Application in the current kube context. */
export const getApplication = (name: string): Promise<Application> =>
  getJson<Application>(['application', name, '-n', 'argocd']);

/**
 * Ends a running sync. As a manual one, because Argo CD can't end an automated sync when its sync window has closed meanwhile: it
 * stays Terminating.
 */
const terminate = { phase: 'Terminating', operation: { initiatedBy: { automated: false } } };

const change = (name: string, patch: object): Promise<string> =>
  kubectl(['patch', 'application', name, '-n', 'argocd', '--type=merge', `--patch=${JSON.stringify(patch)}`]);

/**
 * Has Argo CD sync a commit now. Ends a running sync of another commit, which can wait for its pods without end, and starts a
 * manual sync, which sync windows allow at any time. Resolves when the sync has started.
 */
export async function syncNow(name: string, revision: string): Promise<void> {
  const started = async () =>
    (await getApplication(name)).status?.operationState?.operation?.sync?.revision === revision;
  await until(`the end of the running sync of ${name}`, 300, async () => {
    const { metadata, operation, status } = await getApplication(name);
    const { phase, operation: running } = status?.operationState ?? {};
    const isOver = operation === undefined || (phase !== 'Running' && phase !== 'Terminating');
    if (isOver || running?.sync?.revision === revision) {
      return true;
    }
    // what the controller was doing meanwhile may have made it an automated one again
    if (phase === 'Running' || running?.initiatedBy?.automated) {
      // of this version, or a sync that has just ended would never end
      const { resourceVersion } = metadata;
      await change(name, { metadata: { resourceVersion }, status: { operationState: terminate } });
    }
    return false;
  });
  // automated sync may have been first
  if (await started()) {
    return;
  }
  const { spec } = await getApplication(name);
  // what the bad commit added goes, also while automated sync is paused
  const sync = { revision, prune: true, syncOptions: spec?.syncPolicy?.syncOptions };
  // without the previous state, or a sync after an automated one counts as automated too
  await change(name, { operation: { initiatedBy: { username: 'rollback' }, sync }, status: { operationState: null } });
  await until(`the sync of ${name} to start`, 300, started);
}
