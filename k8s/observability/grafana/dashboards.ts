// The dashboards' contents. `make generate-observability` writes them as JSON for Grafana.

interface Panel {
  title: string;
  unit: string;
  /** Queries by legend: PromQL, or LogQL on the logs dashboard. */
  queries: Record<string, string>;
  kind?: 'timeseries' | 'stat' | 'logs';
  exemplars?: boolean;
}

export interface Dashboard {
  title: string;
  datasource: 'prometheus' | 'loki';
  panels: Panel[];
}

const service = 'job="$job",namespace="$namespace"';
const requests = `${service},route!~"/health/.*"`;
const auth = 'job="auth",namespace="$namespace"';
const here = 'namespace="$namespace"';

export const dashboards: Record<string, Dashboard> = {
  service: {
    title: 'Service',
    datasource: 'prometheus',
    panels: [
      {
        title: 'Requests by status',
        unit: 'reqps',
        queries: { '{{status}}': `sum by (status) (rate(http_request_duration_seconds_count{${requests}}[1m]))` },
      },
      {
        title: 'Error ratio (5xx)',
        unit: 'percentunit',
        queries: {
          '5 minutes': `namespace:http_errors:ratio_rate5m{${service}}`,
          '1 hour': `namespace:http_errors:ratio_rate1h{${service}}`,
          '3 days': `namespace:http_errors:ratio_rate3d{${service}}`,
        },
      },
      {
        title: 'Request duration',
        unit: 's',
        exemplars: true,
        queries: {
          p50: `histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{${requests}}[2m])))`,
          p99: `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{${requests}}[2m])))`,
        },
      },
      {
        title: 'Requests over 250 ms, without hashing',
        unit: 'percentunit',
        queries: {
          '5 minutes': `namespace:http_slow:ratio_rate5m{${service}}`,
          '1 hour': `namespace:http_slow:ratio_rate1h{${service}}`,
        },
      },
      {
        title: 'Slowest routes, p99',
        unit: 's',
        queries: {
          '{{method}} {{route}}': `topk(8, histogram_quantile(0.99, sum by (method, route, le) (rate(http_request_duration_seconds_bucket{${requests}}[5m]))))`,
        },
      },
      {
        title: 'Event loop lag, p99',
        unit: 's',
        queries: { '{{pod}}': `nodejs_eventloop_lag_p99_seconds{${service}}` },
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: {
          '{{pod}} resident': `process_resident_memory_bytes{${service}}`,
          '{{pod}} heap': `nodejs_heap_size_used_bytes{${service}}`,
        },
      },
      { title: 'Versions', unit: 'none', queries: { '{{version}}': `count by (version) (build_info{${service}})` } },
    ],
  },
  auth: {
    title: 'Auth',
    datasource: 'prometheus',
    panels: [
      {
        title: 'Logins',
        unit: 'ops',
        queries: { '{{result}}': `sum by (result) (rate(auth_logins_total{${auth}}[2m]))` },
      },
      {
        title: 'Refreshes',
        unit: 'ops',
        queries: { '{{result}}': `sum by (result) (rate(auth_refreshes_total{${auth}}[2m]))` },
      },
      {
        title: 'Rate-limited logins, codes and tokens',
        unit: 'ops',
        queries: {
          logins: `sum(rate(auth_logins_total{${auth},result="throttled"}[5m]))`,
          'second factors': `sum(rate(auth_mfa_checks_total{${auth},result="throttled"}[5m]))`,
          'service accounts': `sum(rate(auth_client_tokens_total{${auth},result="throttled"}[5m]))`,
        },
      },
      {
        title: 'Hash queue',
        unit: 'none',
        queries: {
          '{{pod}} {{state}}': `sum by (pod, state) (auth_hash_queue{${auth}})`,
          '{{pod}} password strength {{state}}': `sum by (pod, state) (auth_judge_queue{${auth}})`,
        },
      },
      {
        title: 'Second factors',
        unit: 'ops',
        queries: { '{{purpose}} {{result}}': `sum by (purpose, result) (rate(auth_mfa_checks_total{${auth}}[5m]))` },
      },
      {
        title: 'Passkeys',
        unit: 'ops',
        queries: {
          '{{ceremony}} {{result}}': `sum by (ceremony, result) (rate(auth_passkey_ceremonies_total{${auth}}[5m]))`,
        },
      },
      {
        title: 'Signing key age',
        unit: 's',
        kind: 'stat',
        queries: { age: `time() - max(auth_signing_key_active_since_timestamp_seconds{${auth}})` },
      },
      {
        title: 'Admin actions per hour',
        unit: 'none',
        queries: { '{{type}}': `sum by (type) (increase(auth_admin_actions_total{${auth}}[1h]))` },
      },
      {
        title: 'Requests of applications (OpenID)',
        unit: 'ops',
        queries: {
          '{{endpoint}} {{result}}': `sum by (endpoint, result) (rate(auth_openid_requests_total{${auth}}[2m])) > 0`,
        },
      },
      {
        title: 'Logout notifications',
        unit: 'none',
        queries: {
          '{{result}} per hour': `sum by (result) (increase(auth_logout_notifications_total{${auth}}[1h]))`,
          'oldest waiting, s': `max(auth_logout_notifications_oldest_waiting_seconds{${auth}})`,
        },
      },
      {
        title: 'Webhooks',
        unit: 'none',
        queries: {
          '{{result}} per hour': `sum by (result) (increase(auth_webhook_deliveries_total{${auth}}[1h]))`,
          'oldest waiting, s': `max(auth_webhook_deliveries_oldest_waiting_seconds{${auth}})`,
        },
      },
    ],
  },
  postgresql: {
    title: 'PostgreSQL',
    datasource: 'prometheus',
    panels: [
      { title: 'PostgreSQL up', unit: 'none', kind: 'stat', queries: { up: `max(pg_up{${here}})` } },
      {
        title: 'Connection pool by pod',
        unit: 'none',
        queries: { '{{pod}} {{state}}': `database_pool_connections{${auth}}` },
      },
      {
        title: 'Connections',
        unit: 'none',
        queries: {
          '{{state}}': `sum by (state) (pg_stat_activity_count{${here}})`,
          limit: `max(pg_settings_max_connections{${here}})`,
        },
      },
      {
        title: 'Transactions',
        unit: 'ops',
        queries: {
          committed: `sum(rate(pg_stat_database_xact_commit{${here},datname="auth"}[2m]))`,
          'rolled back': `sum(rate(pg_stat_database_xact_rollback{${here},datname="auth"}[2m]))`,
        },
      },
      {
        title: 'Database unavailable, seen by auth',
        unit: 'ops',
        queries: { '{{pod}}': `rate(database_unavailable_total{${auth}}[2m])` },
      },
      {
        title: 'Time since the last archived WAL segment',
        unit: 's',
        queries: {
          age: `max(pg_stat_archiver_last_archive_age{${here}})`,
          'failures per hour': `sum(increase(pg_stat_archiver_failed_count{${here}}[1h]))`,
        },
      },
      {
        title: 'Time since the last backup and restore check',
        unit: 's',
        kind: 'stat',
        queries: {
          '{{task}}': `time() - max by (task) (postgres_maintenance_last_success_timestamp_seconds{${here}})`,
        },
      },
      {
        title: 'Database size',
        unit: 'bytes',
        queries: { '{{datname}}': `pg_database_size_bytes{${here},datname="auth"}` },
      },
    ],
  },
  platform: {
    title: 'Platform',
    datasource: 'prometheus',
    panels: [
      {
        title: 'CPU usage / limit',
        unit: 'percentunit',
        queries: {
          '{{pod}} {{container}}': `sum by (pod, container) (rate(container_cpu_usage_seconds_total{${here}}[2m])) / sum by (pod, container) (kube_pod_container_resource_limits{${here},resource="cpu"})`,
        },
      },
      {
        title: 'Memory usage / limit',
        unit: 'percentunit',
        queries: {
          '{{pod}} {{container}}': `sum by (pod, container) (container_memory_working_set_bytes{${here}}) / sum by (pod, container) (kube_pod_container_resource_limits{${here},resource="memory"})`,
        },
      },
      {
        title: 'Autoscaler replicas',
        unit: 'none',
        queries: {
          '{{horizontalpodautoscaler}} current': `kube_horizontalpodautoscaler_status_current_replicas{${here}}`,
          '{{horizontalpodautoscaler}} desired': `kube_horizontalpodautoscaler_status_desired_replicas{${here}}`,
          '{{horizontalpodautoscaler}} maximum': `kube_horizontalpodautoscaler_spec_max_replicas{${here}}`,
        },
      },
      {
        title: 'Pods by phase',
        unit: 'none',
        queries: { '{{phase}}': `sum by (phase) (kube_pod_status_phase{${here}})` },
      },
      {
        title: 'Container restarts per hour',
        unit: 'none',
        queries: {
          '{{pod}} {{container}}': `increase(kube_pod_container_status_restarts_total{${here}}[1h])`,
        },
      },
      {
        title: 'Quota usage',
        unit: 'percentunit',
        queries: {
          '{{resource}}': `max by (resource) (kube_resourcequota{${here},type="used"}) / max by (resource) (kube_resourcequota{${here},type="hard"})`,
        },
      },
      {
        title: 'Volume space free',
        unit: 'percentunit',
        queries: {
          '{{persistentvolumeclaim}}': `kubelet_volume_stats_available_bytes{${here}} / kubelet_volume_stats_capacity_bytes{${here}}`,
        },
      },
      { title: 'Targets down', unit: 'none', kind: 'stat', queries: { down: 'count(up == 0) or vector(0)' } },
    ],
  },
  logs: {
    title: 'Logs',
    datasource: 'loki',
    panels: [
      {
        title: 'Log lines by level',
        unit: 'none',
        queries: {
          '{{app}} {{level}}': `sum by (app, level) (count_over_time({${here}}[$__auto]))`,
        },
      },
      {
        title: 'Rejected logins by IP address',
        unit: 'none',
        queries: {
          '{{address}}': `topk(10, sum by (address) (count_over_time({${here},app="auth"} |= "/auth/login" | json path="req.path", address="req.address", status="res.status" | path="/auth/login" | status=~"401|429" [$__auto])))`,
        },
      },
      {
        title: 'auth error log',
        unit: 'none',
        kind: 'logs',
        queries: { errors: `{${here},app="auth",level=~"error|fatal"}` },
      },
      { title: 'PostgreSQL log', unit: 'none', kind: 'logs', queries: { postgres: `{${here},app="postgres"}` } },
    ],
  },
};

const selector = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource: { type: 'prometheus', uid: 'prometheus' },
  query: { query, refId: name },
  refresh: 2,
});
const environments = selector('namespace', 'Environment', 'label_values(up{job="auth"}, namespace)');
const services = selector(
  'job',
  'Service',
  'label_values(http_request_duration_seconds_count{namespace="$namespace"}, job)',
);

/** Grafana's JSON of a dashboard: two panels per row, with selectors for the environment and, where panels use it, the service. */
export function dashboardJson(uid: string, { title, datasource, panels }: Dashboard): string {
  const source = { type: datasource, uid: datasource };
  const dashboard = {
    uid: `devopslocally-${uid}`,
    title,
    tags: ['devopslocally'],
    schemaVersion: 41,
    editable: false,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: panels.some(({ queries }) => JSON.stringify(queries).includes('$job'))
        ? [environments, services]
        : [environments],
    },
    panels: panels.map(({ title, unit, queries, kind = 'timeseries', exemplars = false }, i) => ({
      id: i + 1,
      type: kind,
      title,
      datasource: source,
      gridPos: { x: (i % 2) * 12, y: Math.floor(i / 2) * 8, w: 12, h: 8 },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: Object.entries(queries).map(([legendFormat, expr], j) => ({
        refId: String.fromCharCode(65 + j),
        datasource: source,
        expr,
        legendFormat,
        ...(exemplars && { exemplar: true }),
      })),
    })),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
