// Sends logins, which cost CPU, until the autoscaler adds pods; then waits until it has removed them.
import { drill, type Row } from '../../tools/lib/drill.ts';
import { getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { deploy } from './lib/environment.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

interface Autoscaler {
  spec: { minReplicas: number; maxReplicas: number };
  status: {
    currentReplicas?: number;
    currentMetrics?: { resource?: { name: string; current: { averageUtilization?: number } } }[] | null;
  };
}

interface PodMetrics {
  metadata: { labels: Record<string, string> };
  containers: { name: string; usage: { memory: string } }[];
}

/** So long at least: a pod's memory grows under load, and its metrics are half a minute old. */
const seconds = 60;
const memoryLimitMi = 512;

/** The largest working set of an auth container, in MiB. The kubelet evicts by it, and the kernel kills at the limit. */
async function memoryMi(namespace: string): Promise<number> {
  const { items } = JSON.parse(
    await kubectl(['get', '--raw', `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`]),
  ) as { items: PodMetrics[] };
  const units: Record<string, number> = { Ki: 1 / 1024, Mi: 1, Gi: 1024 };
  return Math.max(
    0,
    ...items
      .filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'api')
      .flatMap(({ containers }) => containers)
      .map(({ usage }) => Number.parseInt(usage.memory) * (units[usage.memory.slice(-2)] ?? 2 ** -20)),
  );
}

async function restartCount(namespace: string): Promise<number> {
  const selector = 'app.kubernetes.io/component=api';
  const path = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
  const counts = await kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', path]);
  return Math.max(0, ...counts.split(' ').map(Number));
}

await drill('scale', async ({ own, log, table, check }) => {
  const namespace = await own('drill-scale');
  const gateway = await own('drill-scale-gateway');
  // scales down faster than the base does (after five minutes, one pod a minute), so that the drill ends sooner
  const scaleDown = { stabilizationWindowSeconds: 20, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };
  await deploy({
    namespace,
    config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
    patches: [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'auth' },
        spec: { behavior: { scaleDown } },
      },
    ],
  });
  await gatewayNamespace(gateway);
  const autoscaler = () => getJson<Autoscaler>(['hpa', 'auth', '-n', namespace]);
  await until('one pod without load', 300, async () => (await autoscaler()).status.currentReplicas === 1);

  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix: { login: 20, jwks: 10 },
  });
  const started = Date.now();
  const rows: Row[] = [];
  let most = 1;
  let largestMi = 0;
  let restarts = 0;
  const watch = async (): Promise<number> => {
    const { status } = await autoscaler();
    const replicas = status.currentReplicas ?? 0;
    const cpu = status.currentMetrics?.find((metric) => metric.resource?.name === 'cpu')?.resource?.current
      .averageUtilization;
    if (rows.at(-1)?.['pods'] !== replicas) {
      rows.push({
        'after s': ((Date.now() - started) / 1000).toFixed(0),
        pods: replicas,
        'cpu % of request': cpu ?? '-',
      });
      log(`${replicas} pods`);
    }
    most = Math.max(most, replicas);
    largestMi = Math.max(largestMi, await memoryMi(namespace));
    restarts = Math.max(restarts, await restartCount(namespace));
    return replicas;
  };
  await until('three pods', 600, async () => (await watch(), most >= 3 && Date.now() - started > seconds * 1000), 2000);
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  rows.push({ 'after s': ((Date.now() - started) / 1000).toFixed(0), pods: 'load ended', 'cpu % of request': '-' });
  await until('one pod again', 300, async () => (await watch()) === 1, 2000);

  table(rows);
  table([summary('load', requests)]);
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  check(`the load scales the service from 1 pod to ${most}`, most >= 3);
  check('without load it scales back to 1 pod', rows.at(-1)?.['pods'] === 1);
  check(
    `under load no pod uses more than ${largestMi.toFixed(0)} MiB of its ${memoryLimitMi} MiB, and none is restarted`,
    largestMi > 0 && largestMi < memoryLimitMi && restarts === 0,
  );
  // a single pod cannot hash that many passwords: it rejects logins until there are more pods
  const other = requests.filter(({ status }) => (status < 200 || status > 299) && status !== 503 && status !== 429);
  check('responses are successes, 503 or 429', other.length === 0);
});
