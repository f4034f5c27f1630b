import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Row } from '../../../tools/lib/drill.ts';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { images } from './environment.ts';

export interface Request {
  at: number;
  kind: string;
  status: number;
  ms: number;
  /** The account, or the reason of the failure. */
  subject: string;
}

/** Traffic that {@link startTraffic} has started. */
export type RunningTraffic = Awaited<ReturnType<typeof startTraffic>>;

export interface Traffic {
  url: string;
  /** An hour if not given, for traffic that is stopped before. */
  seconds?: number;
  mix: Record<string, number>;
  users?: number;
  expect?: string[];
}

const restricted = {
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 10001,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  automountServiceAccountToken: false,
  enableServiceLinks: false,
};

/** A container without privileges, as restricted namespaces require. */
export const container = (name: string, image: string, command: string[]) => ({
  name,
  image,
  command,
  resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
});

/** A pod with Node.js and no privileges, as restricted namespaces require. */
export function pod(
  name: string,
  namespace: string,
  labels: Record<string, string>,
  command: string[],
  extra: object = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      ...restricted,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: 7200,
      containers: [
        {
          ...container(name, images.auth(), command),
          volumeMounts: [{ name: 'scripts', mountPath: '/scripts' }],
        },
      ],
      volumes: [{ name: 'scripts', configMap: { name: 'scripts', optional: true } }],
      ...extra,
    },
  };
}

export const phase = (name: string, namespace: string): Promise<string> =>
  kubectl(['get', 'pod', name, '-n', namespace, '-o', 'jsonpath={.status.phase}']);

/** Creates a namespace from which gateways send requests. */
export async function gatewayNamespace(name: string): Promise<void> {
  await apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'devopslocally/role': 'gateway', 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });
  const script = readFileSync(join(import.meta.dirname, 'client.ts'), 'utf8');
  await apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'scripts', namespace: name },
    data: { 'client.ts': script },
  });
}

/** Resolves once all requests of the last ten seconds have succeeded. */
export const flows = (traffic: RunningTraffic): Promise<boolean> =>
  until(
    'requests to succeed for 10 s',
    300,
    async () => {
      const latest = (await traffic.requests()).filter(({ at, ms }) => at + ms > Date.now() - 10_000);
      return latest.length > 10 && latest.every(({ status }) => status >= 200 && status < 300);
    },
    1000,
  );

/** Points the name `auth` in a gateway's namespace to an environment, as public DNS would. */
export const pointName = (gateway: string, environment: string): Promise<void> =>
  apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'auth', namespace: gateway },
    spec: { type: 'ExternalName', externalName: `auth.${environment}.svc.cluster.local` },
  });

/**
 * Starts traffic from a pod in that namespace. Resolves once requests flow; `finished` resolves when they have ended, and `stop` ends
 * them before.
 */
export async function startTraffic(
  name: string,
  namespace: string,
  { url, seconds = 3600, mix, users = 10, expect = [] }: Traffic,
) {
  const args = {
    url,
    seconds,
    users,
    expect: expect.join(),
    mix: Object.entries(mix)
      .map(([kind, rate]) => `${kind}=${rate}`)
      .join(),
  };
  const command = ['node', '/scripts/client.ts', ...Object.entries(args).map(([key, value]) => `--${key}=${value}`)];
  await apply(pod(name, namespace, {}, command));
  const logs = () => kubectl(['logs', name, '-n', namespace]);
  const state = async () => {
    const now = await phase(name, namespace);
    if (now === 'Failed') {
      throw new Error(`the client failed:\n${(await logs()).slice(-2000)}`);
    }
    return now;
  };
  await until('traffic to start', 300, async () => (await state()) !== 'Pending' && /^started$/m.test(await logs()));
  const requests = async (): Promise<Request[]> =>
    (await logs())
      .split('\n')
      .map((line) => line.split(' '))
      .filter(({ length }) => length === 5)
      .map(([at, kind = '', status, ms, subject = '']) => ({
        at: Number(at),
        kind,
        status: Number(status),
        ms: Number(ms),
        subject,
      }));
  const finished = async (): Promise<Request[]> => {
    await until('traffic to end', seconds + 300, async () => (await state()) === 'Succeeded', 1000);
    return requests();
  };
  return {
    /** Those that have been answered so far. */
    requests,
    finished,
    async stop(): Promise<Request[]> {
      await kubectl(['exec', name, '-n', namespace, '--', 'node', '-e', 'process.kill(1)']);
      return finished();
    },
  };
}

function percentile(sorted: number[], part: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1);
}

export function summary(title: string, requests: Request[]): Row {
  const times = requests.map(({ ms }) => ms).sort((a, b) => a - b);
  const failed = requests.filter(({ status }) => status < 200 || status > 299).length;
  return {
    phase: title,
    requests: requests.length,
    failed,
    'p50 ms': percentile(times, 0.5),
    'p99 ms': percentile(times, 0.99),
    'max ms': percentile(times, 1),
  };
}

/** Counts failed requests by kind, status and reason. */
export function failures(requests: Request[]): Row[] {
  const counts = new Map<string, number>();
  for (const { kind, status, subject } of requests) {
    if (status >= 200 && status <= 299) {
      continue;
    }
    const key = `${kind} ${status || 'no answer'} ${subject.includes('@') ? '' : subject}`.trim();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([failure, count]) => ({ failure, count }));
}
