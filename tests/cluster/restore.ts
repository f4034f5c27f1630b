// Destroys the database's volume under write traffic. The database restores itself from the backup. Compares acknowledged writes
// with the restored rows. Then restores to several points in time, one after another.
//   REPOSITORY=local|s3 (s3 destroys the local backups too).  SIZE: megabytes of data.  CLUSTER: with three members, whose volumes are
//   all lost, and which are restored by the page's commands.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import {
  backedUp,
  backUpAlone,
  backupsClaim,
  databaseMegabytes,
  databaseReady,
  databaseTime,
  dataClaims,
  destroy,
  fill,
  restoreTo,
  runJob,
  sql,
  volume,
} from './lib/database.ts';
import { deploy, render } from './lib/environment.ts';
import { reportLoss, secondsBeforeLoss } from './lib/loss.ts';
import { isCluster } from './lib/members.ts';
import { startS3 } from './lib/s3.ts';
import { gatewayNamespace, startTraffic } from './lib/traffic.ts';

const repository = process.env['REPOSITORY'] ?? 'local';
const size = Number(process.env['SIZE'] ?? 10);

await drill('restore', async (drill) => {
  const { own, log, table, check } = drill;
  const namespace = await own('drill-restore');
  const gateway = await own('drill-restore-gateway');
  const s3 = repository === 's3' ? await startS3(await own('drill-restore-s3')) : undefined;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await s3?.grant(namespace);
  await s3?.admit(namespace);
  const config = { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' };
  const shape = { namespace, config, ...s3?.shape };
  await deploy(shape);
  await gatewayNamespace(gateway);
  await until('first backup in every repository', 300, () => backedUp(namespace), 2000);
  await fill(namespace, size);
  const backupSeconds = await runJob(namespace, 'postgres-backup', 'backup-before');
  const megabytes = await databaseMegabytes(namespace);
  log(`backed up ${megabytes.toFixed(0)} MB`);

  const mix = { register: 2, me: 2 };
  const traffic = await startTraffic('client', gateway, { url: `http://auth.${namespace}`, mix, users: 5 });
  await sleep(secondsBeforeLoss * 1000);
  const claims = [...dataClaims, ...(s3 ? [backupsClaim] : [])];
  const lostVolume = await volume(namespace, 'data-postgres-0');
  const destroyed = await destroy(namespace, claims);
  log(`destroyed ${claims.join(', ')}`);
  if (isCluster) {
    // as Argo CD does, for the claim of the backups
    await apply(await render(shape));
    await restoreTo(namespace);
  }
  await until(
    'database restored on a new volume',
    900,
    async () => (await databaseReady(namespace)) && (await volume(namespace, 'data-postgres-0')) !== lostVolume,
  );
  const ready = (Date.now() - destroyed) / 1000;
  log(`restored and ready after ${ready.toFixed(1)} s`);

  await reportLoss({ namespace, destroyed, traffic }, drill, {
    repository,
    'size MB': megabytes.toFixed(0),
    'backup s': backupSeconds.toFixed(1),
    'database ready s': ready.toFixed(1),
  });

  // Each restore leaves the timeline before it. A moment's rows are those of the timeline that served then.
  await sql(namespace, 'postgres', 'CREATE TABLE mark (name text, at timestamptz DEFAULT clock_timestamp())');
  /** Writes a mark, and returns a moment between it and the next commit. */
  const mark = async (name: string): Promise<string> => {
    await sql(namespace, 'postgres', `INSERT INTO mark VALUES ('${name}')`);
    const moment = await databaseTime(namespace);
    // PostgreSQL needs a later commit to know that it has reached the moment
    await sql(namespace, 'postgres', 'CREATE TABLE later (); DROP TABLE later');
    return moment;
  };
  const first = await mark('first');
  const second = await mark('second');
  await runJob(namespace, 'postgres-backup', 'backup-between');
  await mark('third');
  const rows: Row[] = [];
  const goBack = async (to: string, moment: string | undefined, expected: string): Promise<void> => {
    const seconds = await restoreTo(namespace, moment);
    const found = await sql(namespace, 'postgres', `SELECT string_agg(name, ' ' ORDER BY at) FROM mark`);
    rows.push({ 'restored to': to, 'database ready s': seconds.toFixed(1), expected, found });
  };
  await goBack('first', first, 'first');
  const fourth = await mark('fourth');
  await goBack('second, which is later than the last target', second, 'first second');
  await goBack('fourth, on the timeline of the first restore', fourth, 'first fourth');
  await goBack('first again, which is earlier', first, 'first');
  await goBack('the end of the archive, before another backup', undefined, 'first');
  // once older backups have expired, so has the WAL in which the timeline begins
  await sql(namespace, 'postgres', 'SELECT pg_switch_wal()');
  await backUpAlone(namespace);
  // pgBackRest notes the end of a backup in whole seconds, and a backup reaches only later moments
  await sleep(1000);
  const fifth = await mark('fifth');
  await goBack('fifth, on a timeline whose beginning has expired', fifth, 'first fifth');
  table(rows);
  check(
    'each restore brings back the rows of its moment, in both directions',
    rows.every(({ expected, found }) => found === expected),
  );
});
