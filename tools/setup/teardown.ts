/** `make teardown`: removes what `make setup` installed, with its data. */
import { kubectl } from '../lib/kubectl.ts';
import { run } from '../lib/run.ts';
import { currentCluster, ownCluster } from './cluster.ts';
import { namespaces } from './environment.ts';
import { confirm, main, step, UserError } from './progress.ts';

await main(async () => {
  const cluster = await currentCluster();
  if (!cluster) {
    throw new UserError('There is no cluster.');
  }
  const whole = cluster.kind === 'kind' && cluster.name === ownCluster;
  const what = whole ? `the cluster ${ownCluster}` : `${namespaces.join(', ')} in the context ${cluster.context}`;
  if (!(await confirm(`Delete ${what} with all its data?`))) {
    throw new UserError('Nothing changed.');
  }
  if (whole) {
    await step('delete cluster', () => run('kind', ['delete', 'cluster', '--name', ownCluster], { seconds: 120 }));
    return;
  }
  await step(`delete ${namespaces.join(', ')}`, async () => {
    await kubectl(['delete', 'namespace', ...namespaces, '--ignore-not-found', '--timeout=180s'], { seconds: 190 });
  });
  const others = await kubectl(['get', 'namespaces', '-l', 'app.kubernetes.io/part-of=devopslocally', '-o', 'name']);
  if (others !== '') {
    return;
  }
  await step('delete policies', async () => {
    await kubectl(['delete', '-k', 'k8s/policies', '--ignore-not-found']);
  });
});
