// Changes the image twice and deletes a pod under mixed traffic. No request may fail.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { kubectl } from '../../tools/lib/kubectl.ts';
import { deploy, images, rolledOut } from './lib/environment.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

await drill('rollout', async ({ own, log, table, check }) => {
  const namespace = await own('drill-rollout');
  const gateway = await own('drill-rollout-gateway');
  await deploy({
    namespace,
    components: ['high-availability'],
    config: { LOGIN_ADDRESS_BURST: '10000', REGISTER_ADDRESS_BURST: '10000' },
  });
  await gatewayNamespace(gateway);
  const mix = { me: 20, jwks: 10, refresh: 10, login: 1 };
  const traffic = await startTraffic('client', gateway, { url: `http://auth.${namespace}`, mix, users: 40 });
  const started = Date.now();
  const marks: [string, number][] = [];
  const mark = (name: string) => {
    marks.push([name, Date.now()]);
    log(name);
  };
  const rollTo = async (image: string) => {
    await kubectl(['set', 'image', 'deployment/auth', `auth=${image}`, '-n', namespace]);
    await rolledOut(namespace);
  };

  mark('steady');
  await sleep(10_000);
  mark('new image');
  await rollTo(images.authNext());
  mark('pod deleted');
  const victim =
    (await kubectl(['get', 'pods', '-n', namespace, '-l', 'app.kubernetes.io/component=api', '-o', 'name'])).split(
      '\n',
    )[0] ?? '';
  await kubectl(['delete', victim, '-n', namespace, '--wait=false']);
  await rolledOut(namespace);
  mark('old image again');
  await rollTo(images.auth());
  mark('steady again');
  await sleep(10_000);
  const seconds = (Date.now() - started) / 1000;

  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  const phases = marks.map(([name, from], i) =>
    summary(
      name,
      requests.filter(({ at }) => at >= from && at < (marks[i + 1]?.[1] ?? Infinity)),
    ),
  );
  table([...phases, summary('all', requests)]);
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  const planned = seconds * Object.values(mix).reduce((sum, rate) => sum + rate);
  check('at least half of the planned requests were sent', requests.length >= planned / 2);
  check('0 failed requests', failed.length === 0);
});
