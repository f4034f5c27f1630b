// The database's volume is destroyed under write traffic and comes back from the backup by itself; what was acknowledged is
// compared with what is there.  REPOSITORY=local|s3 (s3 destroys the local backups too), SIZE: megabytes of data.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  accounts,
  backedUp,
  databaseMegabytes,
  databaseReady,
  destroy,
  fill,
  ledger,
  runJob,
  volume,
} from './lib/database.ts';
import { drill } from './lib/drill.ts';
import { deploy } from './lib/environment.ts';
import { apply, until } from './lib/kubectl.ts';
import { startS3 } from './lib/s3.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

const repository = process.env['REPOSITORY'] ?? 'local';
const size = Number(process.env['SIZE'] ?? 10);
// long enough for one archive timeout before, and for the restore after
const before = 75;
const seconds = before + 75 + Math.ceil(size / 8);

await drill('restore', async ({ own, log, table, check }) => {
  const namespace = await own('drill-restore');
  const gateway = await own('drill-restore-gateway');
  const s3 = repository === 's3' ? await startS3(await own('drill-restore-s3')) : undefined;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await s3?.grant(namespace);
  const config = { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' };
  await deploy({ namespace, config, ...s3?.shape });
  await gatewayNamespace(gateway);
  await until('the first backup in every repository', 180, () => backedUp(namespace), 2000);
  await fill(namespace, size);
  const backupSeconds = await runJob(namespace, 'postgres-backup', 'backup-before');
  const megabytes = await databaseMegabytes(namespace);
  log(`${megabytes.toFixed(0)} MB are backed up`);

  const mix = { register: 2, me: 2 };
  const traffic = await startTraffic('client', gateway, { url: `http://auth.${namespace}`, seconds, mix, users: 5 });
  await sleep(before * 1000);
  const claims = ['data-postgres-0', ...(s3 ? ['backups-postgres-0'] : [])];
  const lostVolume = await volume(namespace, 'data-postgres-0');
  const destroyed = Date.now();
  await destroy(namespace, claims);
  log(`destroyed: ${claims.join(', ')}`);
  await until(
    'the database back on another volume',
    900,
    async () => (await databaseReady(namespace)) && (await volume(namespace, 'data-postgres-0')) !== lostVolume,
  );
  const ready = (Date.now() - destroyed) / 1000;
  log(`restored and ready after ${ready.toFixed(1)} s`);

  const requests = (await traffic.finished()).filter(({ kind }) => kind !== 'setup');
  const writes = ledger(requests);
  const acknowledged = writes.filter(({ answered }) => answered <= destroyed);
  const there = await accounts(namespace);
  const lost = acknowledged.filter(({ email }) => !there.has(email));
  const after = writes.filter(({ sent }) => sent > destroyed + 1000);
  const lostAfter = after.filter(({ email }) => !there.has(email));
  const rto = (Math.min(...after.map(({ answered }) => answered)) - destroyed) / 1000;
  const rpo = lost.length === 0 ? 0 : (destroyed - Math.min(...lost.map(({ answered }) => answered))) / 1000;
  table([
    summary(
      'before',
      requests.filter(({ at }) => at < destroyed),
    ),
    summary(
      'lost and restored',
      requests.filter(({ at }) => at >= destroyed && at < destroyed + rto * 1000),
    ),
    summary(
      'after',
      requests.filter(({ at }) => at >= destroyed + rto * 1000),
    ),
  ]);
  const wrong = failures(requests.filter(({ at }) => at > destroyed + rto * 1000 + 10_000));
  if (wrong.length > 0) table(wrong);
  table([
    {
      repository,
      'size MB': megabytes.toFixed(0),
      'backup s': backupSeconds.toFixed(1),
      'database ready s': ready.toFixed(1),
      'RTO s': rto.toFixed(1),
      'RPO s': rpo.toFixed(1),
      acknowledged: acknowledged.length,
      'rows lost': lost.length,
    },
  ]);
  check('writes were acknowledged for a minute before', acknowledged.length > before);
  check('writes succeed again within 30 minutes (RTO)', rto < 1800);
  check('what is lost was acknowledged in the last 75 s (RPO 1 hour, archive_timeout 60 s)', rpo < 75);
  check('most was archived', lost.length < acknowledged.length * 0.8);
  check('nothing acknowledged after the restore is missing', after.length > 0 && lostAfter.length === 0);
});
