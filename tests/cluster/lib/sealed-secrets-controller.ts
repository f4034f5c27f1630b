import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { apply, kubectl } from '../../../tools/lib/kubectl.ts';
import { root } from '../../../tools/lib/root.ts';
import { until } from '../../../tools/lib/until.ts';
import { images } from './environment.ts';
import { label, type Manifest, parse } from './manifests.ts';

const standIn = () => readFileSync(join(root, 'tests/cluster/stand-ins/sealed-secrets.yaml'), 'utf8');

/** The namespace of the controller, as k8s/argocd installs it. */
export const sealing = 'sealed-secrets';

/** Starts the real controller and waits for its newest sealing certificate. */
export async function startController(): Promise<Buffer> {
  await apply(standIn().replace('image: sealed-secrets', `image: ${images.sealedSecrets()}`));
  const certificate = await until('sealing certificate', 300, () =>
    kubectl([
      ...['get', 'secret', '-n', sealing, '-l', 'sealedsecrets.bitnami.com/sealed-secrets-key'],
      ...['--sort-by=.metadata.creationTimestamp', '-o', 'jsonpath={.items[-1:].data.tls\\.crt}'],
    ]),
  );
  return Buffer.from(certificate, 'base64');
}

/** Deletes what the controller has outside of its namespace. */
export const removeController = (): Promise<string> =>
  kubectl([
    ...['delete', 'crd/sealedsecrets.bitnami.com', 'clusterrole/drill-sealed-secrets'],
    ...['clusterrolebinding/drill-sealed-secrets', '--ignore-not-found'],
  ]);

interface Application extends Manifest {
  spec: { source: { helm: { values: string } }; destination: { namespace: string } };
}

/** Compares the names of the drills' controller with those that the Application gives it. Returns the problems. */
export function checkStandIn(applications: Manifest[]): string[] {
  const application = applications.find(
    (manifest): manifest is Application => manifest.kind === 'Application' && manifest.metadata.name === sealing,
  );
  if (!application) {
    return ['no Application'];
  }
  const { source, destination } = application.spec;
  const { fullnameOverride } = parseYaml(source.helm.values) as { fullnameOverride: string };
  const expected = `${destination.namespace}/${fullnameOverride}`;
  return parse(standIn())
    .filter(({ kind }) => ['Service', 'Deployment', 'ServiceAccount'].includes(kind))
    .map((manifest) => ({ manifest, name: `${manifest.metadata.namespace ?? ''}/${manifest.metadata.name}` }))
    .filter(({ name }) => name !== expected)
    .map(({ manifest, name }) => `${label(manifest)} is ${name}, and the Application's ${expected}`);
}
