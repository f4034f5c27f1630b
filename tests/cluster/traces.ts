// Follows one trace from a gateway, the real Traefik, through auth to its SQL statements, in k8s/observability/tracing: what Jaeger has of
// it, what it must not have, and what is lost when Jaeger or the collector is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { buildWith, imageEntry } from '../../tools/lib/kustomize.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { idle, tryConnections } from './lib/connections.ts';
import { deploy, images } from './lib/environment.ts';
import { parse } from './lib/manifests.ts';
import { portForward } from './lib/monitoring.ts';
import { phase, pod } from './lib/traffic.ts';

const email = 'traced@example.com';
const password = 'seven quiet herons over the delta';
const secret = 'a-secret-in-a-query';
const parts = ['opentelemetry-collector', 'jaeger'];

interface Span {
  spanID: string;
  operationName: string;
  processID: string;
  duration: number;
  references: { spanID: string }[];
  tags: { key: string; value: unknown }[];
}

interface Trace {
  spans: Span[];
  processes: Record<string, { serviceName: string; tags: { key: string; value: unknown }[] }>;
}

/** Deploys the collector and Jaeger, out of k8s/observability with its component tracing. */
async function deployTracing(namespace: string): Promise<void> {
  const yaml = await buildWith((path) => ({
    resources: [path('tests/cluster/tracing')],
    namespace,
    images: [
      imageEntry('docker.io/otel/opentelemetry-collector', images.collector()),
      imageEntry('docker.io/jaegertracing/jaeger', images.jaeger()),
    ],
  }));
  const general = ['Namespace', 'NetworkPolicy'];
  const items = parse(yaml).filter(
    ({ kind, metadata: { labels = {} } }) =>
      general.includes(kind) || parts.includes(labels['app.kubernetes.io/name'] ?? ''),
  );
  await apply({ apiVersion: 'v1', kind: 'List', items });
  await until('collector and Jaeger healthy', 300, () => healthy(namespace));
}

/** Starts Traefik in a namespace of gateways, in front of auth. */
async function startTraefik(namespace: string, auth: string, monitoring: string): Promise<void> {
  const http = {
    routers: { auth: { rule: 'PathPrefix(`/`)', service: 'auth' } },
    services: { auth: { loadBalancer: { servers: [{ url: `http://auth.${auth}.svc` }] } } },
  };
  const settings = [
    'entrypoints.web.address=:8000',
    'providers.file.filename=/scripts/traefik.json',
    `tracing.otlp.http.endpoint=http://opentelemetry-collector.${monitoring}.svc:4318/v1/traces`,
    'global.checknewversion=false',
    'global.sendanonymoususage=false',
  ];
  // As ingress controllers, it has a token: in a cluster without one, or under an unknown user, Traefik makes no traces.
  const manifest = pod(
    'traefik',
    namespace,
    { app: 'traefik' },
    ['/bin/traefik', ...settings.map((text) => `--${text}`)],
    { automountServiceAccountToken: true },
  ) as { spec: { containers: { image: string }[] } };
  const env = Object.entries({ USER: 'traefik', HOME: '/' }).map(([variable, value]) => ({ name: variable, value }));
  Object.assign(manifest.spec.containers[0] ?? {}, { image: images.traefik(), env });
  await apply({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'devopslocally/role': 'gateway' } },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'scripts', namespace },
        data: { 'traefik.json': JSON.stringify({ http }) },
      },
      manifest,
    ],
  });
  await until('Traefik running', 300, async () => (await phase('traefik', namespace)) === 'Running');
}

await drill('traces', async ({ own, after, log, table, check }) => {
  const namespace = await own('drill-traces');
  const monitoring = await own('drill-traces-monitoring');
  const gateway = await own('drill-traces-gateway');
  const stranger = await own('drill-traces-stranger');
  await deployTracing(monitoring);
  log('the collector and Jaeger run');
  await deploy({
    namespace,
    components: ['tracing'],
    patches: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'tracing' },
        data: {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://opentelemetry-collector.${monitoring}.svc:4318`,
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=drill',
        },
      },
    ],
  });
  await startTraefik(gateway, namespace, monitoring);
  log('auth and Traefik run');

  const forward = async (of: string, target: string, port: number) => {
    const { url, close } = await portForward(of, target, port);
    after(close);
    return url;
  };
  const site = await forward(gateway, 'pod/traefik', 8000);
  const send = async (path: string, body: object) => {
    const response = await fetch(`${site}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: `session=${secret}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response;
  };
  /** The ids of the traces of sign-ins, from auth's log lines. */
  const tracesOf = async (path: string) =>
    (await kubectl(['logs', '-n', namespace, '-l', 'app.kubernetes.io/component=api', '--tail=-1']))
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes('"request completed"') && line.includes(`"${path}"`))
      .map((line) => (JSON.parse(line) as { trace_id: string }).trace_id);
  const traceOf = async (jaeger: string, id: string) => {
    const response = await fetch(`${jaeger}/api/traces/${id}`, { signal: AbortSignal.timeout(10_000) });
    return response.ok ? ((await response.json()) as { data: Trace[] }).data[0] : undefined;
  };
  const isWhole = (trace?: Trace) => {
    const services = Object.values(trace?.processes ?? {}).map(({ serviceName }) => serviceName);
    return services.includes('traefik') && services.includes('auth') ? trace : undefined;
  };

  await until('the gateway serves auth', 120, async () => (await fetch(`${site}/auth/me`)).status === 401);
  await send('/auth/register', { email, password });
  const sent = Date.now();
  const { status } = await send(`/auth/login?code=${secret}`, { email, password });
  log(`a sign-in through the gateway was answered with ${status}`);
  // an undeclared query is refused: the sign-in that reaches the database has none
  await send('/auth/login', { email, password });
  const jaeger = await forward(monitoring, 'statefulset/jaeger', 16686);
  const id = await until('trace id in a log line', 60, async () => (await tracesOf('/auth/login')).at(-1));
  const trace = await until('the trace in Jaeger', 60, async () => isWhole(await traceOf(jaeger, id)));
  log(`the trace ${id} was in Jaeger ${((Date.now() - sent) / 1000).toFixed(1)} s after the request`);

  const byId = new Map(trace.spans.map((span) => [span.spanID, span]));
  const parentOf = (span: Span) => byId.get(span.references[0]?.spanID ?? '');
  const path = (span: Span): Span[] => {
    const parent = parentOf(span);
    return [...(parent ? path(parent) : []), span];
  };
  const serviceOf = ({ processID }: Span) => trace.processes[processID]?.serviceName ?? '';
  table(
    trace.spans
      .toSorted((a, b) => path(a).length - path(b).length)
      .map((span) => ({
        service: serviceOf(span),
        span: `${'  '.repeat(path(span).length - 1)}${span.operationName}`.slice(0, 70),
        ms: (span.duration / 1000).toFixed(2),
      })),
  );
  const statement = trace.spans.find((span) => span.operationName.startsWith('pg.query'));
  const services = statement ? path(statement).map(serviceOf) : [];
  check(
    `one trace leads from the gateway through auth to SQL: ${[...new Set(services)].join(' → ')} → ${statement?.operationName}`,
    services[0] === 'traefik' &&
      services.includes('auth') &&
      trace.spans.filter((span) => !parentOf(span)).length === 1,
  );
  const tags = Object.values(trace.processes).flatMap((process) =>
    process.serviceName === 'auth' ? process.tags : [],
  );
  check(
    'its spans name the environment and the pod',
    tags.some(({ key, value }) => key === 'deployment.environment.name' && value === 'drill') &&
      tags.some(({ key, value }) => key === 'host.name' && String(value).startsWith('auth-')),
  );

  const all = await (await fetch(`${jaeger}/api/traces?service=traefik&limit=1000&lookback=1h`)).text();
  check('Jaeger has the traces of the gateway', all.includes('/auth/login') && all.includes('/auth/register'));
  check(
    'no span contains the e-mail address, the password, a query or a cookie',
    [email, password, secret].every((text) => !all.includes(text)),
  );

  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: stranger } });
  await apply(pod('stranger', stranger, { app: 'stranger' }, idle));
  await until('stranger running', 120, async () => (await phase('stranger', stranger)) === 'Running');
  const targets = [`opentelemetry-collector.${monitoring}.svc:4318`, `jaeger.${monitoring}.svc:16686`];
  const rows: Row[] = [];
  for (const [source, of] of [
    ['stranger', stranger],
    ['deployment/auth', namespace],
  ] as const) {
    const got = await tryConnections(source, of, targets);
    rows.push({ source, collector: got[targets[0] ?? ''] ?? '', 'Jaeger’s pages': got[targets[1] ?? ''] ?? '' });
  }
  table(rows);
  check(
    'auth reaches the collector alone, a stranger reaches nothing',
    rows
      .map(
        (row) =>
          Object.values(row)
            .slice(1)
            .filter((got) => got === 'connected').length,
      )
      .join() === '0,1' && rows[1]?.['collector'] === 'connected',
  );

  await kubectl(['delete', 'pod', 'jaeger-0', '-n', monitoring, '--grace-period=0', '--force']);
  await until('Jaeger ready again', 180, () => healthy(monitoring));
  const again = await forward(monitoring, 'statefulset/jaeger', 16686);
  const kept = await until('the trace after the kill', 60, async () => isWhole(await traceOf(again, id)));
  check('a killed Jaeger still has the trace', kept.spans.length === trace.spans.length);

  await kubectl(['scale', 'deployment/opentelemetry-collector', '--replicas=0', '-n', monitoring]);
  await kubectl([
    'wait',
    '--for=delete',
    'pod',
    '-l',
    'app.kubernetes.io/name=opentelemetry-collector',
    '-n',
    monitoring,
  ]);
  const times: number[] = [];
  let failed = 0;
  for (let request = 0; request < 100; request += 1) {
    const started = performance.now();
    failed += (await fetch(`${site}/auth/me`).catch(() => undefined))?.status === 401 ? 0 : 1;
    times.push(performance.now() - started);
    await sleep(100);
  }
  const worst = Math.max(...times);
  await kubectl(['scale', 'deployment/opentelemetry-collector', '--replicas=1', '-n', monitoring]);
  await until('the collector ready again', 180, () => healthy(monitoring));
  table([{ 'requests without the collector': times.length, failed, 'worst ms': worst.toFixed(0) }]);
  check('auth serves without the collector, and no request waits for it', failed === 0 && worst < 5000);
  const before = (await tracesOf('/auth/login')).length;
  await until('a trace after the collector is back', 120, async () => {
    await send('/auth/login', { email, password });
    const found = (await tracesOf('/auth/login')).slice(before).map((one) => traceOf(again, one));
    return (await Promise.all(found)).some(isWhole);
  });
  check('traces arrive again when the collector is back', true);
});
