// Causes what alerts are for, and sees each alert go pending, fire, reach the receiver, and be resolved when the cause is gone.
// The rules are those of k8s/observability, with their own times.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { deploy } from './lib/environment.ts';
import { type Alert, deliveries, deployMonitoring, portForward } from './lib/monitoring.ts';
import { allQueries, fruitless, unknownNames } from './lib/queries.ts';
import { failingCommands } from './lib/runbooks.ts';
import { gatewayNamespace, pod, startTraffic } from './lib/traffic.ts';

interface Cause {
  cause: string;
  alert: string;
  labels: Record<string, string>;
  begin: () => Promise<unknown>;
  end: () => Promise<unknown>;
}

const patience = 420;
const since = (start: number, end: number) => ((end - start) / 1000).toFixed(0);

await drill('alerts', async ({ own, after, log, table, check }) => {
  const service = await own('drill-alerts');
  const databaseless = await own('drill-alerts-database');
  const gateway = await own('drill-alerts-gateway');
  const monitoring = await own('drill-alerts-monitoring');
  after(await deployMonitoring(monitoring));
  log('Prometheus, Alertmanager, Loki, Alloy and kube-state-metrics run, from images that were built here');
  await gatewayNamespace(gateway);
  for (const namespace of [service, databaseless]) {
    await deploy({
      namespace,
      components: ['postgres-exporter'],
      // one pod, so that no autoscaler takes part
      patches: [
        {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'auth' },
          spec: { maxReplicas: 1 },
        },
      ],
    });
    log(`${namespace} is healthy`);
  }
  const url = `http://auth.${service}`;
  await startTraffic('people', gateway, { url, seconds: 900, mix: { me: 3, jwks: 2, refresh: 1 }, users: 5 });

  const prometheus = await portForward(monitoring, 'pod/prometheus-0', 9090);
  after(prometheus.close);
  const ask = async <T>(path: string): Promise<T> =>
    (
      (await (await fetch(`${prometheus.url}/api/v1/${path}`, { signal: AbortSignal.timeout(5000) })).json()) as {
        data: T;
      }
    ).data;
  const alerts = async () => (await ask<{ alerts: Alert[] }>('alerts')).alerts;
  const query = async (expr: string) =>
    Number(
      (await ask<{ result: { value: [number, string] }[] }>(`query?query=${encodeURIComponent(expr)}`)).result[0]
        ?.value[1] ?? 0,
    );
  const scraped = `count(up{job=~"auth|postgres-exporter",namespace=~"${service}|${databaseless}"} == 1)`;
  await until('all targets to be scraped', 90, async () => (await query(scraped)) === 4, 2000);
  await until(
    'traffic to be seen',
    90,
    async () =>
      (await query(`sum(rate(http_request_duration_seconds_count{namespace="${service}",route="/auth/me"}[1m]))`)) > 1,
    2000,
  );
  const ours = ({ labels }: { labels: Record<string, string> }) =>
    [service, databaseless].includes(labels['namespace'] ?? '');
  const before = (await alerts()).filter(ours);
  log(`before: ${before.map(({ labels, state }) => `${labels['alertname']} ${state}`).join(', ') || 'no alert'}`);
  check('no alert was pending or firing before', before.length === 0);

  const scale = (replicas: number) => () =>
    kubectl(['scale', 'statefulset', 'postgres', '-n', databaseless, `--replicas=${replicas}`]);
  const rename = (from: string, to: string) => () =>
    kubectl([
      'exec',
      'postgres-0',
      '-n',
      service,
      '-c',
      'postgres',
      '--',
      'psql',
      '--quiet',
      '--host=/run/postgresql',
      '--username=postgres',
      '--dbname=auth',
      `--command=ALTER TABLE ${from} RENAME TO ${to}`,
    ]);
  const container = (name: string, command: string[], cpu: string) => () =>
    apply(
      pod(name, service, { app: name }, command, {
        restartPolicy: 'Always',
        activeDeadlineSeconds: null,
        volumes: [],
        containers: [
          {
            name,
            image: process.env['AUTH_IMAGE'],
            command,
            resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu, memory: '128Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      }),
    );
  const remove =
    (name: string, namespace = service) =>
    () =>
      kubectl(['delete', 'pod', name, '-n', namespace, '--grace-period=1', '--wait=false']);
  const causes: Cause[] = [
    {
      cause: 'database down',
      alert: 'DatabaseDown',
      labels: { namespace: databaseless },
      begin: scale(0),
      end: scale(1),
    },
    {
      cause: 'pod crash loop',
      alert: 'ContainerRestartLoop',
      labels: { namespace: service, pod: 'crashing' },
      begin: container('crashing', ['node', '--eval', 'process.exit(1)'], '200m'),
      end: remove('crashing'),
    },
    {
      cause: 'error spike',
      alert: 'ErrorBudgetBurnFast',
      labels: { namespace: service },
      begin: rename('session', 'lost'),
      end: rename('lost', 'session'),
    },
    {
      cause: 'login-failure spike',
      alert: 'LoginFailureSpike',
      labels: { namespace: service },
      begin: () => startTraffic('attacker', gateway, { url, seconds: 600, mix: { wrong: 4 }, users: 0 }),
      end: remove('attacker', gateway),
    },
    {
      cause: 'CPU saturation',
      alert: 'ContainerCpuHigh',
      labels: { namespace: service, pod: 'burning' },
      begin: container('burning', ['node', '--eval', 'for (;;);'], '100m'),
      end: remove('burning'),
    },
  ];

  const others = new Set<string>();
  const matches = (item: { labels: Record<string, string> }, { alert, labels }: Cause) =>
    item.labels['alertname'] === alert && Object.entries(labels).every(([key, value]) => item.labels[key] === value);
  let current: Alert[] = [];
  let told: Awaited<ReturnType<typeof deliveries>> = [];
  const watching = { on: true };
  const watch = (async () => {
    while (watching.on) {
      current = await alerts().catch(() => current);
      told = await deliveries(monitoring).catch(() => told);
      for (const alert of current.filter(ours)) {
        if (alert.state === 'firing' && !causes.some((cause) => matches(alert, cause))) {
          others.add(alert.labels['alertname'] ?? '');
        }
      }
      await sleep(1000);
    }
  })();

  const rows: Row[] = await Promise.all(
    causes.map(async (item) => {
      const row: Row = {
        cause: item.cause,
        alert: item.alert,
        'pending after s': '-',
        'fires after s': '-',
        'told after s': '-',
        'resolved, after its end s': '-',
      };
      try {
        const begun = Date.now();
        await item.begin();
        const state = (wanted: Alert['state']) => async () =>
          current.some((alert) => matches(alert, item) && alert.state === wanted);
        await until(`${item.alert} pending`, patience, state('pending'), 500);
        row['pending after s'] = since(begun, Date.now());
        await until(`${item.alert} firing`, patience, state('firing'), 500);
        row['fires after s'] = since(begun, Date.now());
        const delivered = (status: string) => async () =>
          told.find((delivery) => matches(delivery, item) && delivery.status === status);
        const firing = await until(`${item.alert} delivered`, patience, delivered('firing'), 500);
        row['told after s'] = since(begun, firing.at);
        log(`${item.cause}: ${firing.annotations['summary']}`);
        const ended = Date.now();
        await item.end();
        const resolved = await until(`${item.alert} resolved`, patience, delivered('resolved'), 500);
        row['resolved, after its end s'] = since(ended, resolved.at);
        log(`${item.cause}: resolved`);
      } catch (error) {
        log(`${item.cause}: ${error instanceof Error ? error.message : String(error)}`);
      }
      return row;
    }),
  );
  watching.on = false;
  await watch;
  table(rows);
  // Loki's ruler keeps no state that is asked for here: what counts is that its alerts get through
  const logAlerts = ['ErrorLogSpike', 'UnhandledException', 'AuthenticationAnomaly'];
  const toldOf = logAlerts.filter((name) =>
    told.some(({ labels }) => labels['alertname'] === name && labels['namespace'] === service),
  );
  log(`of Loki's alerts were told: ${toldOf.join(', ') || 'none'}`);
  check('alerts on log lines got from Alloy through Loki to the receiver', toldOf.includes('UnhandledException'));
  log(`what else fired meanwhile: ${[...others].join(', ') || 'nothing'}`);
  const queries = allQueries(service);
  // a cluster without cert-manager, volumes without statistics, jobs none of which failed
  const notHere = /^(certmanager_|kubelet_volume_stats_|kube_job_failed)/;
  const unknown = await unknownNames(ask, queries.prometheus, notHere);
  const loki = await portForward(monitoring, 'pod/loki-0', 3100);
  after(loki.close);
  const nothing = await fruitless(loki.url, queries.loki);
  [...unknown, ...nothing].forEach(log);
  check(
    `the metrics and labels of all ${queries.prometheus.length} PromQL queries of rules and panels exist`,
    unknown.length === 0,
  );
  check(`all ${queries.loki.length} LogQL queries of rules and panels find lines`, nothing.length === 0);
  const { ran, failed } = await failingCommands(service, monitoring);
  failed.forEach(log);
  check(`the ${ran} commands of the runbooks run`, failed.length === 0);
  for (const { cause, alert, ...times } of rows) {
    check(`${cause}: ${alert} was pending, fired, was told and was resolved`, !Object.values(times).includes('-'));
  }
});
