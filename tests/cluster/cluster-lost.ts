// A whole environment is lost under write traffic, its volumes with it. Another namespace, for the second cluster, is handed the
// repository's manifests, the kept secrets and the bucket, and comes back by itself; what was acknowledged is compared.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { backedUp, databaseReady, runJob, wipe } from './lib/database.ts';
import { deploy, render } from './lib/environment.ts';
import { judgeLoss, serves } from './lib/loss.ts';
import { portable } from './lib/portable.ts';
import { startS3 } from './lib/s3.ts';
import { gatewayNamespace, pointName, startTraffic } from './lib/traffic.ts';

const secrets = ['auth', 'postgres-credentials', 'postgres-tls', 'pgbackrest', 'maintenance-tls', 'pgbackrest-s3'];
const config = { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' };
// long enough for one archive timeout before, and for the restore after
const before = 75;
const seconds = before + 150;

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
  await until('the first backup in every repository', 180, () => backedUp(first), 2000);
  const kept = portable(await kubectl(['get', 'secret', '-n', first, ...secrets, '-o', 'yaml']));

  await gatewayNamespace(gateway);
  await pointName(gateway, first);
  const mix = { register: 2, me: 2, login: 1 };
  const traffic = await startTraffic('client', gateway, { url: 'http://auth', seconds, mix, users: 5 });
  await sleep(before * 1000);

  const destroyed = await wipe(first, ['data-postgres-0', 'backups-postgres-0']);
  await kubectl(['delete', 'namespace', first, '--wait=false']);
  await kubectl(['delete', 'pods,pvc', '--all', '-n', first, '--grace-period=0', '--force', '--wait=false']);
  log('the first is lost');

  await make(second);
  await kubectl(['create', '-n', second, '-f', '-'], { input: kept });
  await s3.admit(second);
  await apply(await render({ namespace: second, base: 'k8s/base', config, ...s3.shape }));
  await pointName(gateway, second);
  await until('the database of the second', 600, () => databaseReady(second));
  const ready = (Date.now() - destroyed) / 1000;
  await until('the second healthy', 240, () => healthy(second));
  const whole = (Date.now() - destroyed) / 1000;
  log('the second serves');

  const later = await judgeLoss({ namespace: second, destroyed, before, requests: await traffic.finished() }, drill, {
    'database ready s': ready.toFixed(1),
    'all healthy s': whole.toFixed(1),
  });
  check('tokens issued by the first are good at the second', serves(later, 'me'));
  check('accounts of the first log in at the second', serves(later, 'login'));
  await until(
    'the first to be gone',
    180,
    async () => (await kubectl(['get', 'namespace', first, '--ignore-not-found'])) === '',
  );
  const backup = await runJob(second, 'postgres-backup', 'backup-after');
  check(`the second is backed up in every repository (${backup.toFixed(1)} s)`, await backedUp(second));
  const restoreCheck = await runJob(second, 'postgres-restore-check', 'restore-check-after');
  check(`the weekly restore check passes on it (${restoreCheck.toFixed(1)} s)`, true);
});
