// Causes six incidents. Each alert becomes pending, fires, reaches the receiver, and is resolved once its cause is gone.
// The rules and their durations are those of k8s/observability.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { dataClaims, sql } from './lib/database.ts';
import { deploy, images } from './lib/environment.ts';
import { isCluster } from './lib/members.ts';
import { type Alert, deliveries, deployMonitoring, portForward } from './lib/monitoring.ts';
import { allQueries, withoutLines, unknownNames } from './lib/queries.ts';
import { failingCommands, remedy } from './lib/runbooks.ts';
import { container, gatewayNamespace, pod, startTraffic } from './lib/traffic.ts';

interface Cause {
  cause: string;
  alert: string;
  labels: Record<string, string>;
  begin: () => Promise<unknown>;
  end: () => Promise<unknown>;
}

const timeoutSeconds = 420;
const since = (start: number, end: number) => ((end - start) / 1000).toFixed(0);

await drill('alerts', async ({ own, after, log, table, check }) => {
  const service = await own('drill-alerts');
  const databaseless = await own('drill-alerts-database');
  const gateway = await own('drill-alerts-gateway');
  const monitoring = await own('drill-alerts-monitoring');
  const { hasLogs, remove: removeRoles } = await deployMonitoring(monitoring);
  after(removeRoles);
  log('Prometheus, Alertmanager and kube-state-metrics are running, from images that were built here');
  log(
    hasLogs
      ? 'Loki and Alloy are running'
      : 'the images of Loki and Alloy can not be pulled: alerts on logs are not shown',
  );
  await gatewayNamespace(gateway);
  for (const namespace of [service, databaseless]) {
    await deploy({
      namespace,
      components: ['postgres-exporter'],
      // a single pod, so that the autoscaler does nothing
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
  await startTraffic('people', gateway, { url, mix: { me: 3, jwks: 2, refresh: 1 }, users: 5 });

  const prometheus = await portForward(monitoring, 'pod/prometheus-0', 9090);
  after(prometheus.close);
  const ask = async <T>(path: string): Promise<T> =>
    (
      (await (await fetch(`${prometheus.url}/api/v1/${path}`, { signal: AbortSignal.timeout(60_000) })).json()) as {
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
  await until('all targets scraped', 300, async () => (await query(scraped)) === 4, 2000);
  await until(
    'traffic visible in metrics',
    300,
    async () =>
      (await query(`sum(rate(http_request_duration_seconds_count{namespace="${service}",route="/auth/me"}[1m]))`)) > 1,
    2000,
  );
  const ours = ({ labels }: { labels: Record<string, string> }) =>
    [service, databaseless].includes(labels['namespace'] ?? '');
  const before = (await alerts()).filter(ours);
  log(
    `before the incidents: ${before.map(({ labels, state }) => `${labels['alertname']} ${state}`).join(', ') || 'no alert'}`,
  );
  check('no alert is pending or firing before the incidents', before.length === 0);

  const scale = (replicas: number) => () =>
    kubectl(['scale', 'statefulset', 'postgres', '-n', databaseless, `--replicas=${replicas}`]);
  const run = (statement: string) => () => sql(service, 'auth', statement);
  const start = (name: string, command: string[], cpu: string) => () =>
    apply(
      pod(name, service, { app: name }, command, {
        restartPolicy: 'Always',
        activeDeadlineSeconds: null,
        volumes: [],
        containers: [
          {
            ...container(name, images.auth(), command),
            resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu, memory: '128Mi' } },
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
      end: scale(dataClaims.length),
    },
    {
      cause: 'pod crash loop',
      alert: 'ContainerRestartLoop',
      labels: { namespace: service, pod: 'crashing' },
      begin: start('crashing', ['node', '--eval', 'process.exit(1)'], '200m'),
      end: remove('crashing'),
    },
    {
      cause: 'error spike',
      alert: 'ErrorBudgetBurnFast',
      labels: { namespace: service },
      begin: run('ALTER TABLE session RENAME TO lost'),
      end: run('ALTER TABLE lost RENAME TO session'),
    },
    {
      cause: 'login-failure spike',
      alert: 'LoginFailureSpike',
      labels: { namespace: service },
      begin: () => startTraffic('attacker', gateway, { url, seconds: 600, mix: { wrong: 4 }, users: 0 }),
      end: remove('attacker', gateway),
    },
    {
      cause: 'the locale has another version',
      alert: 'DatabaseCollationVersionChanged',
      labels: { namespace: service, datname: 'auth' },
      begin: run(`UPDATE pg_database SET datcollversion = '0' WHERE datname = 'auth'`),
      end: () => remedy('DatabaseCollationVersionChanged', service),
    },
    {
      cause: 'CPU saturation',
      alert: 'ContainerCpuHigh',
      labels: { namespace: service, pod: 'burning' },
      begin: start('burning', ['node', '--eval', 'for (;;);'], '100m'),
      end: remove('burning'),
    },
  ];

  const others = new Set<string>();
  const matches = (item: { labels: Record<string, string> }, { alert, labels }: Cause) =>
    item.labels['alertname'] === alert && Object.entries(labels).every(([key, value]) => item.labels[key] === value);
  let current: Alert[] = [];
  let delivered: Awaited<ReturnType<typeof deliveries>> = [];
  const watching = { on: true };
  const watch = (async () => {
    while (watching.on) {
      current = await alerts().catch(() => current);
      delivered = await deliveries(monitoring).catch(() => delivered);
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
        'delivered after s': '-',
        'resolved after end, s': '-',
      };
      try {
        const begun = Date.now();
        await item.begin();
        const state = (wanted: Alert['state']) => async () =>
          current.some((alert) => matches(alert, item) && alert.state === wanted);
        await until(`${item.alert} pending`, timeoutSeconds, state('pending'), 500);
        row['pending after s'] = since(begun, Date.now());
        await until(`${item.alert} firing`, timeoutSeconds, state('firing'), 500);
        row['fires after s'] = since(begun, Date.now());
        const delivery = (status: string) => async () =>
          delivered.find((sent) => matches(sent, item) && sent.status === status);
        const firing = await until(`${item.alert} delivered`, timeoutSeconds, delivery('firing'), 500);
        row['delivered after s'] = since(begun, firing.at);
        log(`${item.cause}: ${firing.annotations['summary']}`);
        const ended = Date.now();
        await item.end();
        const resolved = await until(`${item.alert} resolved`, timeoutSeconds, delivery('resolved'), 500);
        row['resolved after end, s'] = since(ended, resolved.at);
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
  if (hasLogs) {
    // the state of Loki's ruler is not queried: its alerts must reach the receiver
    const logAlerts = ['ErrorLogSpike', 'UnhandledException', 'AuthenticationAnomaly'].filter((name) =>
      delivered.some(({ labels }) => labels['alertname'] === name && labels['namespace'] === service),
    );
    log(`alerts of Loki that were delivered: ${logAlerts.join(', ') || 'none'}`);
    check(
      'an alert on log lines reaches the receiver from Alloy through Loki',
      logAlerts.includes('UnhandledException'),
    );
  }
  log(`other alerts that fired: ${[...others].join(', ') || 'none'}`);
  const queries = allQueries(service);
  // this cluster has no cert-manager, no volume statistics and no failed jobs
  const absent = ['certmanager_', 'kubelet_volume_stats_', 'kube_job_failed'];
  if (!hasLogs) {
    absent.push('loki_');
  }
  if (!isCluster) {
    absent.push('patroni_', 'pg_stat_replication_');
  }
  const notHere = new RegExp(`^(${absent.join('|')})`);
  const unknown = await unknownNames(ask, queries.prometheus, notHere);
  unknown.forEach(log);
  check(
    `the metrics and labels of all ${queries.prometheus.length} PromQL queries of rules and panels exist`,
    unknown.length === 0,
  );
  if (hasLogs) {
    const loki = await portForward(monitoring, 'pod/loki-0', 3100);
    after(loki.close);
    const empty = await withoutLines(loki.url, queries.loki);
    empty.forEach(log);
    check(`all ${queries.loki.length} LogQL queries of rules and panels find lines`, empty.length === 0);
  }
  const { ran, failed } = await failingCommands(service, monitoring, hasLogs);
  failed.forEach(log);
  check(`all ${ran} commands of the runbooks succeed`, failed.length === 0);
  await remedy('MailsRefused', service);
  await remedy('RestoreCheckFailed', service, isCluster ? 2 : 1);
  const sleeping = sql(service, 'auth', 'SELECT pg_sleep(300)').catch(String);
  const pid = await until('a long statement', 30, () =>
    sql(service, 'postgres', `SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`),
  );
  await remedy('DatabasePoolSaturated', service, 1, { PID: pid });
  check(
    'remedies: mails are retried, a full backup is made, a long statement is ended',
    (await sleeping).includes('terminat'),
  );
  for (const { cause, alert, ...times } of rows) {
    check(`${cause}: ${alert} was pending, fired, was delivered and was resolved`, !Object.values(times).includes('-'));
  }
});
