import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment } from '@marcbachmann/cel-js';
import { parse as parseYaml, stringify } from 'yaml';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { build } from '../../../tools/lib/kustomize.ts';
import { run } from '../../../tools/lib/run.ts';
import { until } from '../../../tools/lib/until.ts';
import { healthy } from '../../../tools/lib/workloads.ts';
import { images } from './environment.ts';
import { type Manifest, parse } from './manifests.ts';

const namespace = 'kyverno';

interface Chart {
  version: string;
  dependencies: { name: string; repository?: string }[];
}

interface Policy extends Manifest {
  spec: { matchImageReferences: { expression: string }[]; attestors: object[] };
}

/** The objects of k8s/argocd and k8s/platform with their components image-verification. */
const declared = async () => parse(await build('tests/cluster/image-verification'));

/** The policy of k8s/platform/image-verification. */
export async function loadVerification(): Promise<Policy> {
  const policy = (await declared()).find((object): object is Policy => object.kind === 'ImageValidatingPolicy');
  if (!policy) {
    throw new Error('no ImageValidatingPolicy');
  }
  return policy;
}

/** Whether the policy has the signatures of images of this name verified. */
export function isVerified({ spec }: Policy, image: string): boolean {
  const cel = new Environment().registerVariable('ref', 'string');
  return spec.matchImageReferences.some(({ expression }) => cel.evaluate(expression, { ref: image }) === true);
}

/**
 * Renders Kyverno's own chart, from its Go module, with the values of its Application.
 * @param module The module with its version.
 * @throws Error if the Application names another version of the chart
 */
async function render(module: string): Promise<Manifest[]> {
  const { Dir: source } = JSON.parse(await run('go', ['mod', 'download', '-json', module])) as { Dir: string };
  const { targetRevision, helm } = (
    (await declared()).find(({ kind, metadata }) => kind === 'Application' && metadata.name === 'kyverno')?.spec as {
      source: { targetRevision: string; helm: { values: string } };
    }
  ).source;
  const folder = mkdtempSync(join(tmpdir(), 'kyverno-'));
  try {
    cpSync(join(source, 'charts/kyverno'), folder, { recursive: true });
    // Go's modules are read-only
    await run('chmod', ['--recursive', 'u+w', folder]);
    const file = join(folder, 'Chart.yaml');
    const chart = parseYaml(readFileSync(file, 'utf8')) as Chart;
    if (chart.version !== targetRevision) {
      throw new Error(
        `the Application names version ${targetRevision} of the chart, and ${module} has ${chart.version}`,
      );
    }
    // those of other repositories are not in the module: the definitions of the policies, which are beside the chart, and reports
    const dependencies = chart.dependencies.filter(({ repository }) => !repository);
    writeFileSync(file, stringify({ ...chart, dependencies }));
    rmSync(join(folder, 'Chart.lock'));
    // one node, whose network has the registry
    const here = 'admissionController.replicas=1,admissionController.hostNetwork=true';
    const rendered = await run(
      'helm',
      ['template', 'kyverno', folder, '--namespace', namespace, '--no-hooks', '--set', here, '--values', '-'],
      { input: helm.values },
    );
    const definitions = globSync(join(source, 'config/crds/policies.kyverno.io/*.yaml'));
    return [rendered, ...definitions.map((path) => readFileSync(path, 'utf8'))].flatMap(parse).filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The images under test in place of those that the chart names. */
function withImages(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Deployment') {
    return manifest;
  }
  const text = JSON.stringify(manifest)
    .replace(/"[^"]+\/kyverno\/kyvernopre:[^"]+"/g, JSON.stringify(images.kyvernoInit()))
    .replace(/"[^"]+\/kyverno\/kyverno:[^"]+"/g, JSON.stringify(images.kyverno()));
  return JSON.parse(text) as Manifest;
}

/** Installs Kyverno. Returns what removes it, with the webhooks that it makes by itself. */
export async function installKyverno(module: string): Promise<() => Promise<void>> {
  const items = (await render(module)).map(withImages);
  const general = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const list = (kinds: object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: kinds });
  await apply(list([general, ...items]), ['--server-side']);
  await until('Kyverno healthy', 300, () => healthy(namespace));
  return async () => {
    const webhooks = 'validatingwebhookconfigurations,mutatingwebhookconfigurations';
    await kubectl(['delete', 'deployment', '--all', '-n', namespace, '--cascade=foreground', '--timeout=120s']);
    await kubectl(['delete', webhooks, '-l', 'webhook.kyverno.io/managed-by=kyverno']);
    await kubectl(['delete', '--ignore-not-found', '--timeout=120s', '-f', '-'], { input: list(items) });
  };
}
