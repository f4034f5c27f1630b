import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { buildWith, imageEntry } from '../../../tools/lib/kustomize.ts';
import { services } from '../../../tools/lib/services.ts';
import { until } from '../../../tools/lib/until.ts';
import { healthy, jobDone } from '../../../tools/lib/workloads.ts';
import { isCluster } from './members.ts';

function image(variable: string): string {
  const value = process.env[variable];
  if (!value) {
    throw new Error(
      `${variable} is not set: run the drill by its make target, or set it to an image that the cluster can pull`,
    );
  }
  return value;
}

/** Each service's name in the manifests, and its image. */
function serviceImages(): [string, string][] {
  return services().map((app) => [`devopslocally/${app}`, image(`${app.toUpperCase().replaceAll('-', '_')}_IMAGE`)]);
}

export const images = {
  auth: () => image('AUTH_IMAGE'),
  authNext: () => image('AUTH_IMAGE_NEXT'),
  postgres: () => image('POSTGRES_IMAGE'),
  postgresNext: () => image('POSTGRES_IMAGE_NEXT'),
  sealedSecrets: () => image('SEALED_SECRETS_IMAGE'),
  s3: () => image('S3_IMAGE'),
  prometheus: () => image('PROMETHEUS_IMAGE'),
  alertmanager: () => image('ALERTMANAGER_IMAGE'),
  collector: () => image('OPENTELEMETRY_COLLECTOR_IMAGE'),
  jaeger: () => image('JAEGER_IMAGE'),
  traefik: () => image('TRAEFIK_IMAGE'),
  oauth2Proxy: () => image('OAUTH2_PROXY_IMAGE'),
  kyverno: () => image('KYVERNO_IMAGE'),
  kyvernoInit: () => image('KYVERNO_INIT_IMAGE'),
  kubeStateMetrics: () => image('KUBE_STATE_METRICS_IMAGE'),
  postgresExporter: () => image('POSTGRES_EXPORTER_IMAGE'),
};

export interface Shape {
  namespace: string;
  base?: string;
  components?: string[];
  /** Partial objects, or entries of a kustomization's `patches`. */
  patches?: object[];
  config?: Record<string, string>;
  /** The database's image, if not that under test. */
  postgres?: string;
}

/** The images under test and a stand-in for the published exporter, as a kustomization's `images`. */
export function underTest(postgres = images.postgres()): object[] {
  const all: [string, string][] = [
    ...serviceImages(),
    ['devopslocally/postgres', postgres],
    ['quay.io/prometheuscommunity/postgres-exporter', images.postgresExporter()],
  ];
  return all.map(([name, reference]) => imageEntry(name, reference));
}

/**
 * Renders the drills' environment, or another folder, with this namespace and the images under test. With CLUSTER, its database is a
 * cluster.
 */
export function render({
  namespace,
  base = 'tests/cluster/environment',
  components = [],
  patches = [],
  config = {},
  postgres,
}: Shape): Promise<string> {
  const literals = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  return buildWith((path) => ({
    resources: [path(base)],
    components: [...(isCluster ? ['postgres-cluster'] : []), ...components].map((name) =>
      path(`k8s/components/${name}`),
    ),
    namespace,
    images: underTest(postgres),
    patches: patches.map((patch) => ('patch' in patch ? patch : { patch: JSON.stringify(patch) })),
    configMapGenerator: literals.length > 0 ? [{ name: 'auth-config', behavior: 'merge', literals }] : [],
  }));
}

/** Deploys an environment, then waits until every workload is healthy and the smoke test has passed. */
export async function deploy(shape: Shape): Promise<void> {
  await apply(await render(shape));
  await until(`${shape.namespace} healthy`, 300, () => healthy(shape.namespace));
  await until('smoke test', 300, () => jobDone(shape.namespace, 'auth-smoke-test'));
}

/** Waits until the latest change of auth's Deployment is rolled out. */
export const rolledOut = (namespace: string): Promise<string> =>
  kubectl(['rollout', 'status', 'deployment/auth', '-n', namespace, '--timeout=300s'], { seconds: 310 });

/** The pods of the service, each with the number of its restarts. */
export const servicePods = (namespace: string): Promise<string[]> =>
  kubectl([
    ...['get', 'pods', '-n', namespace, '-l', 'app.kubernetes.io/component=api'],
    ...['-o', 'jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount};{end}'],
  ]).then((text) => text.split(';').filter(Boolean));
