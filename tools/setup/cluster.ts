import { getJson, kubectl } from '../lib/kubectl.ts';
import { run } from '../lib/run.ts';
import { needPrograms } from './programs.ts';
import { agreed, step, UserError } from './progress.ts';

export type ClusterKind = 'kind' | 'k3d' | 'minikube' | 'Docker Desktop' | 'other';

export interface Cluster {
  context: string;
  kind: ClusterKind;
  /** What its own program calls it. */
  name: string;
}

interface Node {
  metadata: { name: string; labels: Record<string, string> };
  spec: { providerID?: string };
}

/** What `make setup` creates where there is no cluster, and `make teardown` deletes. */
export const ownCluster = 'devopslocally';

/** Tells a cluster's kind by what its nodes say of themselves, whatever its context is called. */
export function recognise(context: string, nodes: Node[]): Cluster {
  const [node] = nodes;
  const provider = node?.spec.providerID ?? '';
  const profile = node?.metadata.labels['minikube.k8s.io/name'];
  const [, kindName] = /^kind:\/\/[^/]+\/([^/]+)\//.exec(provider) ?? [];
  const [, k3dName] = /^k3s:\/\/k3d-(.+)-(server|agent)-\d+$/.exec(provider) ?? [];
  if (context === 'docker-desktop') {
    return { context, kind: 'Docker Desktop', name: context };
  }
  if (kindName) {
    return { context, kind: 'kind', name: kindName };
  }
  if (k3dName) {
    return { context, kind: 'k3d', name: k3dName };
  }
  if (profile) {
    return { context, kind: 'minikube', name: profile };
  }
  return { context, kind: 'other', name: context };
}

/** The current context's cluster, or nothing where there is none. */
export async function currentCluster(): Promise<Cluster | undefined> {
  const context = await kubectl(['config', 'current-context']).then(
    (text) => text.trim(),
    () => '',
  );
  if (context === '') {
    return undefined;
  }
  const { items } = await getJson<{ items: Node[] }>(['nodes', '--request-timeout=10s']).catch(() => {
    throw new UserError(
      `The context ${context} does not answer. Start its cluster, or choose another: kubectl config use-context NAME`,
    );
  });
  return recognise(context, items);
}

/** The current context's cluster, or one that is made with kind; asks before it makes one or uses one that is not local. */
export async function findCluster(): Promise<Cluster> {
  const cluster = await currentCluster();
  if (cluster) {
    if (cluster.kind === 'other' && !(await agreed(`Use the context ${cluster.context}, of a kind not known here?`))) {
      throw new UserError('Nothing was changed.');
    }
    return cluster;
  }
  await needPrograms('kind');
  if (!(await agreed(`There is no cluster. Create one with kind, called ${ownCluster}?`))) {
    throw new UserError('Nothing was changed.');
  }
  await step('cluster created', () =>
    run('kind', ['create', 'cluster', '--name', ownCluster, '--wait', '120s'], { seconds: 600 }),
  );
  return { context: `kind-${ownCluster}`, kind: 'kind', name: ownCluster };
}
