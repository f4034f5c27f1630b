// An empty namespace to a healthy environment by one `kubectl apply`, unattended, with the smoke test through the Service.
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy, jobDone } from '../../tools/lib/workloads.ts';
import { render } from './lib/environment.ts';

await drill('first-deploy', async ({ own, log, table, check }) => {
  const namespace = await own('drill-first-deploy');
  const manifests = await render({ namespace });
  const started = Date.now();
  const rows: { milestone: string; seconds: string }[] = [];
  const reached = (milestone: string) => {
    rows.push({ milestone, seconds: ((Date.now() - started) / 1000).toFixed(1) });
    log(milestone);
  };

  await apply(manifests);
  reached('applied');
  await Promise.all([
    until('secrets', 180, () => jobDone(namespace, 'generate-secrets')).then(() => reached('secrets generated')),
    until('migration', 180, () => jobDone(namespace, 'auth-migrate')).then(() => reached('migrated')),
    until('all healthy', 240, () => healthy(namespace)).then(() => reached('all workloads healthy')),
    until('smoke test', 300, () => jobDone(namespace, 'auth-smoke-test')).then(() => reached('smoke test passed')),
  ]);

  const smoke = await kubectl(['logs', 'job/auth-smoke-test', '-n', namespace]);
  const restarts = await kubectl([
    'get',
    'pods',
    '-n',
    namespace,
    '-o',
    'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
  ]);
  log(`smoke test:\n${smoke.trim()}`);
  table(rows);
  check('register, login, me, refresh and logout work through the Service', smoke.includes('smoke test passed'));
  check(
    'no container had to be restarted',
    restarts.split(' ').every((count) => count === '0'),
  );

  await kubectl(['delete', 'job', '-n', namespace, '--all', '--wait=true']);
  await apply(manifests);
  await until('secrets', 120, () => jobDone(namespace, 'generate-secrets'));
  const second = await kubectl(['logs', 'job/generate-secrets', '-n', namespace, '-c', 'store']);
  check(
    'applied again, the secrets are kept',
    second.trim() === 'kept auth, maintenance-tls, pgbackrest, postgres-credentials, postgres-tls',
  );
});
