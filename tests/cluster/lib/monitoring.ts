import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { imageEntry } from '../../../tools/lib/kustomize.ts';
import { buildWith } from '../../../tools/lib/kustomize.ts';
import { until } from '../../../tools/lib/until.ts';
import { healthy } from '../../../tools/lib/workloads.ts';
import { images } from './environment.ts';
import { parse } from './manifests.ts';
import { pod } from './traffic.ts';

export interface Alert {
  labels: Record<string, string>;
  state: 'pending' | 'firing';
  activeAt: string;
}

export interface Delivery {
  at: number;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

// there is no stand-in for Grafana, and no alert depends on it
const leftOut = ['grafana'];
const clusterWide = ['ClusterRole', 'ClusterRoleBinding'];

interface Monitoring {
  /** Whether the cluster could pull the images of Loki and Alloy. They are published only: Loki is under the AGPL and not built. */
  hasLogs: boolean;
  /** Removes the cluster-wide objects. */
  remove: () => Promise<unknown>;
}

/** Deploys k8s/observability into a namespace, with a pod that receives its alerts. */
export async function deployMonitoring(namespace: string): Promise<Monitoring> {
  const receiver = { name: 'receiver', namespace };
  const yaml = await buildWith((path) => ({
    resources: [path('k8s/observability')],
    namespace,
    images: [
      imageEntry('docker.io/prom/prometheus', images.prometheus()),
      imageEntry('docker.io/prom/alertmanager', images.alertmanager()),
      imageEntry('registry.k8s.io/kube-state-metrics/kube-state-metrics', images.kubeStateMetrics()),
    ],
    patches: [
      {
        patch: JSON.stringify({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'alertmanager' },
          spec: {
            egress: [
              { to: [{ podSelector: { matchLabels: { app: 'receiver' } } }], ports: [{ port: 8080, protocol: 'TCP' }] },
            ],
          },
        }),
      },
    ],
  }));
  const manifests = parse(yaml).filter(
    ({ metadata: { labels = {} } }) => !leftOut.includes(labels['app.kubernetes.io/name'] ?? ''),
  );
  const roles: string[] = [];
  for (const manifest of manifests) {
    if (!clusterWide.includes(manifest.kind)) {
      continue;
    }
    // another name than in an existing installation
    manifest.metadata.name = `${namespace}-${manifest.metadata.name}`;
    if ('roleRef' in manifest) {
      Object.assign(manifest.roleRef as object, { name: manifest.metadata.name });
      for (const subject of (manifest as unknown as { subjects: object[] }).subjects) {
        Object.assign(subject, { namespace });
      }
    }
    roles.push(`${manifest.kind}/${manifest.metadata.name}`);
  }
  const remove = () => kubectl(['delete', ...roles, '--ignore-not-found']);
  await apply({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...manifests,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'alertmanager', namespace },
        stringData: { 'webhook-url': 'http://receiver:8080/' },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'scripts', namespace },
        data: { 'receiver.ts': readFileSync(join(import.meta.dirname, 'receiver.ts'), 'utf8') },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: receiver,
        spec: { selector: { app: 'receiver' }, ports: [{ port: 8080 }] },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: receiver,
        spec: {
          podSelector: { matchLabels: { app: 'receiver' } },
          policyTypes: ['Ingress'],
          ingress: [
            {
              from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'alertmanager' } } }],
              ports: [{ port: 8080, protocol: 'TCP' }],
            },
          ],
        },
      },
      pod('receiver', namespace, { app: 'receiver' }, ['node', '/scripts/receiver.ts']),
    ],
  });
  const hasLogs = await pullsLogs(namespace);
  if (!hasLogs) {
    await kubectl(['delete', 'statefulset/loki', 'deployment/alloy', '-n', namespace]);
  }
  await until('monitoring healthy', 300, () => healthy(namespace));
  return { hasLogs, remove };
}

interface Pods {
  items: { status: { containerStatuses?: { state: { waiting?: { reason: string } } }[] } }[];
}

/** Waits until the images of Loki and Alloy have been pulled, or the pull of one has failed. */
async function pullsLogs(namespace: string): Promise<boolean> {
  const selector = 'app.kubernetes.io/name in (loki,alloy)';
  const result = await until('pull of the images of Loki and Alloy', 300, async () => {
    const { items } = await getJson<Pods>(['pods', '-n', namespace, '-l', selector]);
    const reasons = items.map(({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason ?? 'started');
    if (reasons.some((reason) => reason.startsWith('ErrImage') || reason === 'ImagePullBackOff')) {
      return 'failed';
    }
    const arePulled = items.length >= 2 && reasons.every((reason) => reason === 'started');
    return arePulled && 'pulled';
  });
  return result === 'pulled';
}

/** The alerts that the receiver has got so far. */
export async function deliveries(namespace: string): Promise<Delivery[]> {
  return (await kubectl(['logs', 'receiver', '-n', namespace]))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Delivery);
}

/** Forwards a local port to a pod's port. */
export async function portForward(
  namespace: string,
  target: string,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const child = spawn('kubectl', ['port-forward', '-n', namespace, target, `:${port}`]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const local = await until(`port-forward to ${target}`, 300, async () => /127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
  return {
    url: `http://127.0.0.1:${local}`,
    close: async () => void child.kill(),
  };
}
