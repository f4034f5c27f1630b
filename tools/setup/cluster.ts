import { getJson, kubectl } from '../lib/kubectl.ts';
import { run } from '../lib/run.ts';
import { requirePrograms } from './programs.ts';
import { confirm, step, UserError } from './progress.ts';

export type ClusterKind = 'kind' | 'k3d' | 'minikube' | 'Docker Desktop' | 'other';

export interface Cluster {
  context: string;
  kind: ClusterKind;
  /** Its name in kind, k3d or minikube. */
  name: string;
}

interface Node {
  metadata: { name: string; labels: Record<string, string> };
  spec: { providerID?: string };
}

/** The cluster that `make setup` creates if there is none, and that `make teardown` deletes. */
export const ownCluster = 'devopslocally';

/** Detects a cluster's kind by its nodes, whatever the name of its context. */
export function detectKind(context: string, nodes: Node[]): Cluster {
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

/** The cluster of the current context; undefined if there is no context. */
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
      `The cluster of the context ${context} does not respond. Start it, or choose another: kubectl config use-context NAME`,
    );
  });
  return detectKind(context, items);
}

/** The cluster of the current context, or a new kind cluster. Asks before it creates one or uses one of an unknown kind. */
export async function findCluster(): Promise<Cluster> {
  const cluster = await currentCluster();
  if (cluster) {
    if (
      cluster.kind === 'other' &&
      !(await confirm(`The context ${cluster.context} is not a known kind of local cluster. Use it?`))
    ) {
      throw new UserError('Nothing changed.');
    }
    return cluster;
  }
  await requirePrograms('kind');
  if (!(await confirm(`There is no cluster. Create one with kind, named ${ownCluster}?`))) {
    throw new UserError('Nothing changed.');
  }
  await step('create cluster', () =>
    run('kind', ['create', 'cluster', '--name', ownCluster, '--wait', '120s'], { seconds: 600 }),
  );
  return { context: `kind-${ownCluster}`, kind: 'kind', name: ownCluster };
}
