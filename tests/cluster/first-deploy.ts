// One `kubectl apply` into an empty namespace leads to a healthy environment. The smoke test passes through the Service.
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
    until('secrets generated', 300, () => jobDone(namespace, 'generate-secrets')).then(() =>
      reached('secrets generated'),
    ),
    until('database migrated', 300, () => jobDone(namespace, 'auth-migrate')).then(() => reached('migrated')),
    until('all healthy', 300, () => healthy(namespace)).then(() => reached('all workloads healthy')),
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
  check(
    'register, login, me, refresh and logout work through the Service',
    ['register', 'login', 'me', 'refresh', 'logout'].every((route) => smoke.includes(`/auth/${route} `)),
  );
  check('an application signs people in', smoke.includes('/openid/userinfo '));
  check(
    'no container was restarted',
    restarts.split(' ').every((count) => count === '0'),
  );

  const secrets = () =>
    kubectl([
      ...['get', 'secrets', '-n', namespace, '-o'],
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
    ]);
  const before = await secrets();
  await kubectl(['delete', 'job', '-n', namespace, '--all', '--wait=true']);
  await apply(manifests);
  await until('second run of generate-secrets', 300, () => jobDone(namespace, 'generate-secrets'));
  check('applying the manifests again keeps all secrets', before !== '' && (await secrets()) === before);
});
