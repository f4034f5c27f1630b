/** `make teardown`: takes away what `make setup` has made, with its data. */
import { kubectl } from '../lib/kubectl.ts';
import { run } from '../lib/run.ts';
import { currentCluster, ownCluster } from './cluster.ts';
import { namespace } from './environment.ts';
import { agreed, main, step, UserError } from './progress.ts';

await main(async () => {
  const cluster = await currentCluster();
  if (!cluster) {
    throw new UserError('There is no cluster, so there is nothing to take away.');
  }
  const whole = cluster.kind === 'kind' && cluster.name === ownCluster;
  const what = whole ? `the cluster ${ownCluster}` : `${namespace} in the context ${cluster.context}`;
  if (!(await agreed(`Delete ${what} with all its data?`))) {
    throw new UserError('Nothing was changed.');
  }
  if (whole) {
    await step('cluster deleted', () => run('kind', ['delete', 'cluster', '--name', ownCluster], { seconds: 120 }));
    return;
  }
  await step(`${namespace} deleted`, async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=180s'], { seconds: 190 });
  });
  const others = await kubectl(['get', 'namespaces', '-l', 'app.kubernetes.io/part-of=devopslocally', '-o', 'name']);
  if (others !== '') {
    return;
  }
  await step('policies deleted', async () => {
    await kubectl(['delete', '-k', 'k8s/policies', '--ignore-not-found']);
  });
});
