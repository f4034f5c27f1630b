/** `make setup`: installs the platform on the current kube context, or on a new kind cluster. Idempotent. */
import { findCluster } from './cluster.ts';
import { addOns, applyOverlays, namespace, namespaces, observability, smokeTest, untilHealthy } from './environment.ts';
import { build, images, load } from './images.ts';
import { requirePrograms, type ProgramName } from './programs.ts';
import { bold, main, step } from './progress.ts';

const registry = process.env['REGISTRY'] ?? 'localhost:5000';

await main(async () => {
  await step('programs', () => requirePrograms('docker', 'kubectl'));
  const cluster = await findCluster();
  const localKinds = ['kind', 'k3d', 'minikube'] as ProgramName[];
  await step(`cluster: ${cluster.kind}, context ${cluster.context}`, () =>
    requirePrograms(...localKinds.filter((name) => name === cluster.kind)),
  );
  await step('add-ons', () => addOns(cluster));
  const references: Record<string, string> = {};
  for (const [name, options] of Object.entries(images)) {
    const built = await step(`build image ${name}`, () => build(name, options));
    references[name] = await step(`load image ${name}`, () => load(built, cluster, registry));
  }
  await step(`apply ${namespaces.join(', ')}`, () => applyOverlays(references));
  await step('workloads healthy', untilHealthy);
  await step('smoke test', smokeTest);
  if (process.env['OBSERVABILITY']) {
    await step('observability', observability);
  }
  console.log(`
${bold('auth is running.')} To reach it:
  kubectl port-forward -n ${namespace} service/auth 3000:80
  API docs  http://localhost:3000/docs
  health    http://localhost:3000/health/ready
Live coding: skaffold dev      Delete it: make teardown`);
});
