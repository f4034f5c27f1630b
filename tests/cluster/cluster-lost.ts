// An environment and its volumes are lost under write traffic. A second namespace stands for another cluster: it gets the
// manifests, a copy of the secrets and the bucket, and recovers without help. Compares acknowledged writes with the recovered rows.
//   CLUSTER: with three members.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { backedUp, backupsClaim, databaseReady, dataClaims, runJob, wipe } from './lib/database.ts';
import { deploy, render } from './lib/environment.ts';
import { reportLoss, secondsBeforeLoss, serves } from './lib/loss.ts';
import { portable } from './lib/portable.ts';
import { startS3 } from './lib/s3.ts';
import { gatewayNamespace, pointName, startTraffic } from './lib/traffic.ts';

const secrets = ['auth', 'postgres-credentials', 'postgres-tls', 'pgbackrest', 'maintenance-tls', 'pgbackrest-s3'];
const config = { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' };

await drill('cluster-lost', async (drill) => {
  const { own, log, check } = drill;
  const first = await own('drill-cluster-first');
  const second = await own('drill-cluster-second');
  const gateway = await own('drill-cluster-gateway');
  const s3 = await startS3(await own('drill-cluster-s3'));
  const make = (name: string) => apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

  await make(first);
  await s3.grant(first);
  await s3.admit(first);
  await deploy({ namespace: first, config, ...s3.shape });
  await until('first backup in every repository', 300, () => backedUp(first), 2000);
  const kept = portable(await kubectl(['get', 'secret', '-n', first, ...secrets, '-o', 'yaml']));

  await gatewayNamespace(gateway);
  await pointName(gateway, first);
  const mix = { register: 2, me: 2, login: 2 };
  const traffic = await startTraffic('client', gateway, { url: 'http://auth', mix, users: 5 });
  await sleep(secondsBeforeLoss * 1000);

  const destroyed = await wipe(first, [...dataClaims, backupsClaim]);
  await kubectl(['delete', 'namespace', first, '--wait=false']);
  await kubectl(['delete', 'pods,pvc', '--all', '-n', first, '--grace-period=0', '--force', '--wait=false']);
  log('the first environment is lost');

  await make(second);
  await kubectl(['create', '-n', second, '-f', '-'], { input: kept });
  await s3.admit(second);
  await apply(await render({ namespace: second, base: 'k8s/base', config, ...s3.shape }));
  await pointName(gateway, second);
  await until('database of the second ready', 600, () => databaseReady(second));
  const ready = (Date.now() - destroyed) / 1000;
  await until('second environment healthy', 300, () => healthy(second));
  const whole = (Date.now() - destroyed) / 1000;
  log('the second environment serves requests');

  const later = await reportLoss({ namespace: second, destroyed, traffic }, drill, {
    'database ready s': ready.toFixed(1),
    'all healthy s': whole.toFixed(1),
  });
  check('the second accepts tokens of the first', serves(later, 'me'));
  check('accounts of the first can log in at the second', serves(later, 'login'));
  await until(
    'first namespace deleted',
    300,
    async () => (await kubectl(['get', 'namespace', first, '--ignore-not-found'])) === '',
  );
  const backup = await runJob(second, 'postgres-backup', 'backup-after');
  check(`a backup of the second is in every repository (${backup.toFixed(1)} s)`, await backedUp(second));
  const restoreCheck = await runJob(second, 'postgres-restore-check', 'restore-check-after');
  check(`the weekly restore check passes on the second (${restoreCheck.toFixed(1)} s)`, true);
});
