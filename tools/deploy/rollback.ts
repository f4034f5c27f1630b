/**
 * `make rollback`: reverts COMMIT and has Argo CD sync the revert to ENVIRONMENT now, also outside its sync window and while a sync
 * still waits for the pods of the commit. Needs access to the cluster by the current kube context.
 */
import { root } from '../lib/root.ts';
import { getApplication, syncNow } from './argo-cd.ts';
import { rollBack } from './deploy.ts';
import { Repository } from './repository.ts';
import { watchApplication } from './watch.ts';

const { ENVIRONMENT: environment, COMMIT: commit } = process.env;
if (!environment || !commit) {
  console.error('usage: make rollback ENVIRONMENT=prod COMMIT=…');
  process.exit(2);
}
const repository = new Repository(root);
// before anything is pushed
await repository.assertUnchanged();
await getApplication(environment);
const seconds = await rollBack(
  { repository, environment, watch: watchApplication, sync: syncNow, log: console.log },
  commit,
);
console.log(`${environment} is healthy without ${commit} after ${seconds.toFixed(0)} s`);
