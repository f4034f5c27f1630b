// Destroys the database's volume under write traffic. The database restores itself from the backup. Compares acknowledged writes
// with the restored rows.  REPOSITORY=local|s3 (s3 destroys the local backups too).  SIZE: megabytes of data.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { apply } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { backedUp, databaseMegabytes, databaseReady, destroy, fill, runJob, volume } from './lib/database.ts';
import { deploy } from './lib/environment.ts';
import { reportLoss } from './lib/loss.ts';
import { startS3 } from './lib/s3.ts';
import { gatewayNamespace, startTraffic } from './lib/traffic.ts';

const repository = process.env['REPOSITORY'] ?? 'local';
const size = Number(process.env['SIZE'] ?? 10);
// covers one archive timeout before the loss, and the restore after it
const before = 75;
const seconds = before + 75 + Math.ceil(size / 8);

await drill('restore', async (drill) => {
  const { own, log } = drill;
  const namespace = await own('drill-restore');
  const gateway = await own('drill-restore-gateway');
  const s3 = repository === 's3' ? await startS3(await own('drill-restore-s3')) : undefined;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await s3?.grant(namespace);
  await s3?.admit(namespace);
  const config = { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' };
  await deploy({ namespace, config, ...s3?.shape });
  await gatewayNamespace(gateway);
  await until('first backup in every repository', 180, () => backedUp(namespace), 2000);
  await fill(namespace, size);
  const backupSeconds = await runJob(namespace, 'postgres-backup', 'backup-before');
  const megabytes = await databaseMegabytes(namespace);
  log(`backed up ${megabytes.toFixed(0)} MB`);

  const mix = { register: 2, me: 2 };
  const traffic = await startTraffic('client', gateway, { url: `http://auth.${namespace}`, seconds, mix, users: 5 });
  await sleep(before * 1000);
  const claims = ['data-postgres-0', ...(s3 ? ['backups-postgres-0'] : [])];
  const lostVolume = await volume(namespace, 'data-postgres-0');
  const destroyed = await destroy(namespace, claims);
  log(`destroyed ${claims.join(', ')}`);
  await until(
    'database restored on a new volume',
    900,
    async () => (await databaseReady(namespace)) && (await volume(namespace, 'data-postgres-0')) !== lostVolume,
  );
  const ready = (Date.now() - destroyed) / 1000;
  log(`restored and ready after ${ready.toFixed(1)} s`);

  await reportLoss({ namespace, destroyed, before, requests: await traffic.finished() }, drill, {
    repository,
    'size MB': megabytes.toFixed(0),
    'backup s': backupSeconds.toFixed(1),
    'database ready s': ready.toFixed(1),
  });
});
