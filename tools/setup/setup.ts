/** `make setup`: the platform on the current kube context, or on a new kind cluster. May be run again at any time. */
import { findCluster } from './cluster.ts';
import { addOns, applyOverlay, namespace, observability, smokeTest, untilHealthy } from './environment.ts';
import { build, images, load } from './images.ts';
import { needPrograms, type ProgramName } from './programs.ts';
import { bold, main, step } from './progress.ts';

const registry = process.env['REGISTRY'] ?? 'localhost:5000';

await main(async () => {
  await step('programs', () => needPrograms('docker', 'kubectl'));
  const cluster = await findCluster();
  const own = ['kind', 'k3d', 'minikube'] as ProgramName[];
  await step(`cluster: ${cluster.kind}, context ${cluster.context}`, () =>
    needPrograms(...own.filter((name) => name === cluster.kind)),
  );
  await step('add-ons', () => addOns(cluster));
  const references: Record<string, string> = {};
  for (const [name, options] of Object.entries(images)) {
    const built = await step(`image ${name} built`, () => build(name, options));
    references[name] = await step(`image ${name} on the cluster`, () => load(built, cluster, registry));
  }
  await step(`${namespace} applied`, () => applyOverlay(references));
  await step('workloads healthy', untilHealthy);
  await step('smoke test', smokeTest);
  if (process.env['OBSERVABILITY']) {
    await step('observability', observability);
  }
  console.log(`
${bold('auth runs.')} Reach it by
  kubectl port-forward -n ${namespace} service/auth 3000:80
  API docs  http://localhost:3000/docs
  health    http://localhost:3000/health/ready
Live coding: skaffold dev      All away: make teardown`);
});
