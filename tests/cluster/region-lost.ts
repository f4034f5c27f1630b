// Two regions: the passive one is scaled to zero by its overlay, and its database is a streaming replica of the active one's.
// The active region is lost under write traffic. The replica is promoted, and the passive region is scaled up and gets the
// public name. Compares acknowledged writes with the rows of the promoted database.
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { wipe, sql } from './lib/database.ts';
import { deploy, render, type Shape } from './lib/environment.ts';
import { reportLoss, secondsBeforeLoss, serves } from './lib/loss.ts';
import { regionSecrets, startDatabase } from './lib/regions.ts';
import { gatewayNamespace, pointName, startTraffic } from './lib/traffic.ts';

const overlay = join(root, 'k8s/overlays/prod-standby/kustomization.yaml');
const scaledToZero = (parse(readFileSync(overlay, 'utf8')) as { patches: object[] }).patches;

await drill('region-lost', async (drill) => {
  const { own, log, check } = drill;
  const regions = { first: await own('drill-region-first'), second: await own('drill-region-second') };
  const databases = { first: `${regions.first}-database`, second: `${regions.second}-database` };
  await own(databases.first);
  await own(databases.second);
  const gateway = await own('drill-region-gateway');
  const make = (name: string) => apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

  const secrets = await regionSecrets(Object.values(databases));
  for (const region of ['first', 'second'] as const) {
    for (const namespace of [regions[region], databases[region]]) {
      await make(namespace);
    }
    await secrets.give(regions[region], databases[region]);
  }
  await startDatabase(databases.first);
  await startDatabase(databases.second, databases.first);
  /** A region, as an overlay with its own database defines it. */
  const shape = (region: 'first' | 'second', patches: object[] = []): Shape => ({
    namespace: regions[region],
    base: 'k8s/base',
    components: ['external-database'],
    config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
    patches: [secrets.egress(databases[region]), ...patches],
  });
  await deploy(shape('first'));
  await apply(await render(shape('second', scaledToZero)));
  const state = `SELECT state FROM pg_stat_replication`;
  await until('replica to stream', 300, async () => (await sql(databases.first, 'postgres', state)) === 'streaming');
  log('the first region serves, the second is scaled to zero, its database replicates');

  await gatewayNamespace(gateway);
  await pointName(gateway, regions.first);
  const mix = { register: 2, me: 2, login: 1 };
  const traffic = await startTraffic('client', gateway, { url: 'http://auth', mix, users: 5 });
  await sleep(secondsBeforeLoss * 1000);
  const running = await kubectl([
    'get',
    'pods',
    '-n',
    regions.second,
    '--field-selector=status.phase=Running',
    '-o',
    'name',
  ]);

  const destroyed = await wipe(databases.first, ['data-postgres-0']);
  for (const namespace of [databases.first, regions.first]) {
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await kubectl(['delete', 'pods', '--all', '-n', namespace, '--grace-period=0', '--force', '--wait=false']);
  }
  log('the first region is lost');
  await sql(databases.second, 'postgres', 'SELECT pg_promote()');
  const promoted = (Date.now() - destroyed) / 1000;
  await apply(await render(shape('second')));
  await pointName(gateway, regions.second);
  await until('second region healthy', 300, () => healthy(regions.second));
  const whole = (Date.now() - destroyed) / 1000;
  log('the second region serves requests');

  check('the second region had no running pod before', running === '');
  const later = await reportLoss({ namespace: databases.second, destroyed, traffic }, drill, {
    'promoted s': promoted.toFixed(1),
    'all healthy s': whole.toFixed(1),
  });
  check('the second region accepts tokens of the first', serves(later, 'me'));
  check('accounts of the first region can log in at the second', serves(later, 'login'));
});
