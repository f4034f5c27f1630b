/**
 * `make stale-digests`: lists Applications whose images have not changed for 30 days, by the history of their overlays. Their base
 * images lack security updates.
 */
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { environments, Repository } from './repository.ts';

const maxDays = 30;
const repository = new Repository(root);
let stale = 0;
const applications = environments.flatMap((environment) => repository.applications(environment));
const width = Math.max(...applications.map(({ length }) => length));
for (const application of applications) {
  if (!repository.isDeployed(application)) {
    console.log(`${application.padEnd(width)} no release yet`);
    continue;
  }
  const changed = await run('git', ['log', '-1', '--format=%ct', '--', repository.overlay(application)], { cwd: root });
  const days = Math.floor((Date.now() / 1000 - Number(changed)) / 86_400);
  if (days > maxDays) {
    stale += 1;
  }
  console.log(
    `${application.padEnd(width)} ${days} days old${days > maxDays ? `: more than ${maxDays}, publish with FRESH=1` : ''}`,
  );
}
process.exit(stale === 0 ? 0 : 1);
