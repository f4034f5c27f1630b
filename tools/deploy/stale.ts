/**
 * `make stale-digests`: environments that have run the same images for too long, by the history of their overlays. Bases get
 * security updates, so an old digest is an unpatched one.
 */
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { Repository } from './repository.ts';

const maxDays = 30;
const repository = new Repository(root);
let stale = 0;
for (const environment of ['dev', 'staging', 'prod']) {
  if (!repository.isDeployed(environment)) {
    console.log(`${environment.padEnd(8)} has had no release yet`);
    continue;
  }
  const changed = await run('git', ['log', '-1', '--format=%ct', '--', repository.overlay(environment)], { cwd: root });
  const days = Math.floor((Date.now() / 1000 - Number(changed)) / 86_400);
  if (days > maxDays) {
    stale += 1;
  }
  console.log(
    `${environment.padEnd(8)} ${days} days old${days > maxDays ? `: more than ${maxDays}, build it anew` : ''}`,
  );
}
process.exit(stale === 0 ? 0 : 1);
