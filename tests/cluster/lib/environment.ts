import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { apply, getJson, kubectl, until } from './kubectl.ts';
import { buildWith, root } from './manifests.ts';

function image(variable: string): string {
  const value = process.env[variable];
  if (!value)
    throw new Error(
      `${variable} is not set: run the drill by its make target, or name an image that the cluster can pull`,
    );
  return value;
}

/** The services' images by their names in the manifests. */
function services(): [string, string][] {
  return readdirSync(join(root, 'apps')).map((app) => [
    `devopslocally/${app}`,
    image(`${app.toUpperCase().replaceAll('-', '_')}_IMAGE`),
  ]);
}

export const images = {
  auth: () => image('AUTH_IMAGE'),
  authNext: () => image('AUTH_IMAGE_NEXT'),
  postgres: () => image('POSTGRES_IMAGE'),
  sealedSecrets: () => image('SEALED_SECRETS_IMAGE'),
  s3: () => image('S3_IMAGE'),
  prometheus: () => image('PROMETHEUS_IMAGE'),
  alertmanager: () => image('ALERTMANAGER_IMAGE'),
  loki: () => image('LOKI_IMAGE'),
  alloy: () => image('ALLOY_IMAGE'),
  kubeStateMetrics: () => image('KUBE_STATE_METRICS_IMAGE'),
  postgresExporter: () => image('POSTGRES_EXPORTER_IMAGE'),
};

export interface Shape {
  namespace: string;
  base?: string;
  components?: string[];
  /** Parts of objects, or entries of a kustomization's `patches`. */
  patches?: object[];
  config?: Record<string, string>;
}

/** An image as an entry of a kustomization's `images`. */
export function replacement(name: string, reference: string): Record<string, string> {
  const [, newName = '', tag, digest] = /^(.+?)(?::([\w.-]+))?(?:@(sha256:\w+))?$/.exec(reference) ?? [];
  return { name, newName, ...(digest ? { digest } : { newTag: tag ?? 'latest' }) };
}

/** The images under test, and the stand-in of the one that others publish, as a kustomization's `images`. */
export function underTest(): object[] {
  const all: [string, string][] = [
    ...services(),
    ['devopslocally/postgres', images.postgres()],
    ['quay.io/prometheuscommunity/postgres-exporter', images.postgresExporter()],
  ];
  return all.map(([name, reference]) => replacement(name, reference));
}

/** The drills' environment, or another folder, with this namespace and the images under test. */
export function render({
  namespace,
  base = 'tests/cluster/environment',
  components = [],
  patches = [],
  config = {},
}: Shape): Promise<string> {
  const literals = Object.entries(config).map(([key, value]) => `${key}=${value}`);
  return buildWith((path) => ({
    resources: [path(base)],
    components: components.map((name) => path(`k8s/components/${name}`)),
    namespace,
    images: underTest(),
    patches: patches.map((patch) => ('patch' in patch ? patch : { patch: JSON.stringify(patch) })),
    configMapGenerator: literals.length > 0 ? [{ name: 'auth-config', behavior: 'merge', literals }] : [],
  }));
}

interface Workload {
  kind: string;
  metadata: { name: string; generation: number };
  spec: { replicas?: number };
  status?: { observedGeneration?: number; readyReplicas?: number; updatedReplicas?: number; replicas?: number };
}

export async function healthy(namespace: string): Promise<boolean> {
  const { items } = await getJson<{ items: Workload[] }>(['deployments,statefulsets', '-n', namespace]);
  return (
    items.length > 0 &&
    items.every(
      ({ metadata, spec: { replicas = 1 }, status = {} }) =>
        [status.readyReplicas, status.updatedReplicas, status.replicas].every((count) => count === replicas) &&
        status.observedGeneration === metadata.generation,
    )
  );
}

export async function jobDone(namespace: string, name: string): Promise<boolean> {
  const job = await getJson<{ status?: { conditions?: { type: string; status: string }[] } }>([
    'job',
    name,
    '-n',
    namespace,
  ]);
  const is = (type: string) =>
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (is('Failed'))
    throw new Error(`job ${name} failed:\n${await kubectl(['logs', `job/${name}`, '-n', namespace, '--tail=30'])}`);
  return is('Complete');
}

/** Deploys and waits until every workload is healthy and the smoke test has passed. */
export async function deploy(shape: Shape): Promise<void> {
  await apply(await render(shape));
  await until(`${shape.namespace} healthy`, 240, () => healthy(shape.namespace));
  await until('smoke test', 120, () => jobDone(shape.namespace, 'auth-smoke-test'));
}
