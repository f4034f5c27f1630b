import { basename, join } from 'node:path';
import { apply, getJson, kubectl } from '../lib/kubectl.ts';
import { imageEntry, overlays, writeKustomization } from '../lib/kustomize.ts';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { services } from '../lib/services.ts';
import { until } from '../lib/until.ts';
import { healthy, jobDone } from '../lib/workloads.ts';
import { type Cluster } from './cluster.ts';
import { UserError } from './progress.ts';

export const namespace = 'devopslocally-dev';
/** The namespaces of dev: its own, and those of the other services. */
export const namespaces = [
  namespace,
  ...services()
    .filter((app) => app !== 'auth')
    .map((app) => `devopslocally-${app}-dev`),
];

type Report = (progress: string) => void;

const applyFolder = (folder: string) =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(root, folder)], { seconds: 120 });

/** Installs what an environment needs in its cluster: the project's policies, and metrics for the autoscaler. */
export async function addOns({ kind, name }: Cluster): Promise<string> {
  await applyFolder('k8s/policies');
  const metrics = await kubectl(['get', 'apiservice', 'v1beta1.metrics.k8s.io', '--ignore-not-found', '-o', 'name']);
  if (metrics) {
    return 'policies; metrics-server is already installed';
  }
  if (kind !== 'minikube') {
    return 'policies; without metrics-server, which the autoscaler needs';
  }
  await run('minikube', ['addons', 'enable', 'metrics-server', '--profile', name], { seconds: 120 });
  return 'policies, metrics-server';
}

export async function observability(): Promise<void> {
  await run(join(root, 'k8s/observability/apply.sh'), [], { seconds: 900 });
}

/**
 * Applies the overlays dev.
 * @param references image references by name
 */
export async function applyOverlays(references: Record<string, string>): Promise<void> {
  const kustomization = writeKustomization((path) => ({
    resources: overlays()
      .filter((folder) => basename(folder) === 'dev')
      .map(path),
    images: Object.entries(references).map(([name, reference]) => imageEntry(name, reference)),
  }));
  try {
    const manifests = await kubectl(['kustomize', kustomization.folder]);
    // Jobs are immutable: skaffold.yaml does the same
    for (const each of namespaces) {
      await kubectl(['-n', each, 'delete', 'job', '--selector=devopslocally/job=deployment']);
    }
    await apply(manifests);
  } finally {
    kustomization.remove();
  }
}

interface Pod {
  metadata: { name: string };
  status: { phase: string; containerStatuses?: { state: { waiting?: { reason: string } } }[] };
}

const describe = ({ metadata, status }: Pod) => {
  const reason = status.containerStatuses?.find(({ state }) => state.waiting)?.state.waiting?.reason ?? status.phase;
  return `${metadata.name} ${reason}`;
};

/** Waits until every workload is healthy, and reports the pods that it waits for. */
export async function untilHealthy(report: Report): Promise<void> {
  let waiting = '';
  await until('all workloads healthy', 300, async () => {
    const pods = await Promise.all(namespaces.map((each) => getJson<{ items: Pod[] }>(['pods', '-n', each])));
    waiting = pods
      .flatMap(({ items }) => items)
      .filter(({ status }) => status.phase !== 'Succeeded')
      .map(describe)
      .join(', ');
    report(waiting);
    return (await Promise.all(namespaces.map(healthy))).every(Boolean);
  }).catch((error: unknown) => {
    throw new UserError(
      `${String(error)}\n  ${waiting}\n${namespaces.map((each) => `See: kubectl get events -n ${each} --sort-by=.lastTimestamp`).join('\n')}`,
    );
  });
}

/** @returns the number of requests that the smoke test made */
export async function smokeTest(): Promise<string> {
  await until('smoke test', 300, () => jobDone(namespace, 'auth-smoke-test'));
  const lines = (await kubectl(['logs', 'job/auth-smoke-test', '-n', namespace])).trim().split('\n');
  return `${String(lines.length - 1)} calls`;
}
