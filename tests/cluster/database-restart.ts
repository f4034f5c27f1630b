// The database's pod is killed under traffic. Requests fail with 503 at worst, or are not answered, since no pod is ready while the
// database is away for longer. No acknowledged write is lost, and the service recovers without help.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { deploy, servicePods } from './lib/environment.ts';
import { failures, flows, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

await drill('database-restart', async ({ own, log, table, check }) => {
  const namespace = await own('drill-database');
  const gateway = await own('drill-database-gateway');
  await deploy({ namespace, config: { LOGIN_ADDRESS_BURST: '10000', REGISTER_ADDRESS_BURST: '10000' } });
  await gatewayNamespace(gateway);
  const url = `http://auth.${namespace}`;
  const before = await servicePods(namespace);
  const traffic = await startTraffic('client', gateway, {
    url,
    mix: { me: 5, jwks: 5, refresh: 5, register: 2 },
  });
  await sleep(10_000);
  const killed = Date.now();
  await kubectl(['delete', 'pod', 'postgres-0', '-n', namespace, '--grace-period=0', '--force']);
  log('killed postgres-0 without a grace period');
  await until(
    'postgres-0 ready',
    300,
    async () =>
      (await kubectl([
        'get',
        'pod',
        'postgres-0',
        '-n',
        namespace,
        '-o',
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
      ])) === 'True',
  );
  const databaseBack = (Date.now() - killed) / 1000;
  await flows(traffic);

  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  const bad = requests.filter(({ status }) => status < 200 || status > 299);
  const lastBad = Math.max(killed, ...bad.map(({ at, ms }) => at + ms));
  const recovered = (lastBad - killed) / 1000;
  const acknowledged = requests
    .filter(({ kind, status }) => kind === 'register' && status === 201)
    .map(({ subject }) => subject);
  log(`${acknowledged.length} registrations were acknowledged; logging in with each`);
  const ledger = await startTraffic('ledger', gateway, {
    url,
    seconds: 0,
    mix: { jwks: 1 },
    users: 0,
    expect: acknowledged,
  });
  const lost = (await ledger.finished()).filter(({ kind, status }) => kind === 'expect' && status !== 200);

  table([
    summary(
      'before',
      requests.filter(({ at }) => at < killed),
    ),
    summary(
      'database down',
      requests.filter(({ at }) => at >= killed && at <= lastBad),
    ),
    summary(
      'after',
      requests.filter(({ at }) => at > lastBad),
    ),
  ]);
  if (bad.length > 0) {
    table(failures(requests));
  }
  table([
    {
      'database ready again s': databaseBack.toFixed(1),
      'last failed request s': recovered.toFixed(1),
      acknowledged: acknowledged.length,
      lost: lost.length,
    },
  ]);
  check(
    'the database was down: requests waited or failed',
    requests.some(({ at, ms }) => at + ms > killed && ms > 1000) || bad.length > 0,
  );
  check(
    'no response was a 5xx other than 503',
    bad.every(({ status }) => status === 503 || status < 500),
  );
  check(
    'requests succeed again within 5 minutes',
    requests.some(({ at, status }) => at > lastBad && status >= 200 && status < 300) && recovered < 300,
  );
  check('at least 20 registrations were acknowledged', acknowledged.length >= 20);
  check('no acknowledged registration was lost', lost.length === 0);
  check(
    'no session was revoked',
    requests.every(({ status }) => status !== 401),
  );
  const after = await servicePods(namespace);
  check(
    'no auth pod was restarted or replaced',
    before.every((pod) => after.includes(pod)),
  );
});
