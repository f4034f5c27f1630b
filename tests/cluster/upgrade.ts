// The database is upgraded to the next major version under traffic, with the steps of docs/operations/database-upgrade.md. No
// acknowledged write is lost, backups and restores work on, and the way back to the old version too.
//   CLUSTER: with three members.  SIZE: megabytes of data.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import {
  accounts,
  backedUp,
  databaseTime,
  dataClaims,
  fill,
  forgetState,
  inRepository,
  ledger,
  restoreTo,
  runJob,
  scaleDatabase,
  sql,
} from './lib/database.ts';
import { type Shape, deploy, images, render } from './lib/environment.ts';
import { secondsWithoutWrites } from './lib/loss.ts';
import { inMember, isCluster, leadFirst, replicated } from './lib/members.ts';
import { failures, flows, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

/** Deploys another image of the database. */
async function release(shape: Shape): Promise<void> {
  // a Job can't change its image
  await kubectl(['delete', 'job', 'generate-secrets', '-n', shape.namespace, '--ignore-not-found']);
  await apply(await render(shape));
}

await drill('upgrade', async ({ own, table, check }) => {
  const namespace = await own('drill-upgrade');
  const gateway = await own('drill-upgrade-gateway');
  const before = { namespace, config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' } };
  const next = { ...before, postgres: images.postgresNext() };
  await deploy(before);
  await gatewayNamespace(gateway);
  const major = async () => Number(await sql(namespace, 'postgres', 'SHOW server_version_num')) / 10_000;
  const whole = async () => (await healthy(namespace)) && (!isCluster || (await replicated(namespace)));
  await until('the database', 300, whole);
  await until('first backup', 300, () => backedUp(namespace), 2000);
  await fill(namespace, Number(process.env['SIZE'] ?? 10));
  const [old, members] = [Math.floor(await major()), dataClaims.length];

  // the last pod is the first to be updated
  const last = `postgres-${members - 1}`;
  await release(next);
  await until('the image to refuse the data', 120, async () =>
    (await kubectl(['logs', last, '-c', 'postgres', '-n', namespace, '--tail=5'])).includes(
      `The volume has data of PostgreSQL ${old}`,
    ),
  );
  await release(before);
  await until('the old image again', 300, whole);
  const segment = await sql(namespace, 'postgres', 'SELECT pg_walfile_name(pg_switch_wal())');
  await until(
    'its archive to go on',
    120,
    async () => ((await sql(namespace, 'postgres', 'SELECT last_archived_wal FROM pg_stat_archiver')) || '') >= segment,
  );
  check(
    `the new image does not start on data of PostgreSQL ${old} unasked, and the old one serves and archives again`,
    true,
  );

  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix: { me: 5, refresh: 3, register: 4 },
  });
  await sleep(10_000);
  const from = Date.now();
  const mark = await databaseTime(namespace);
  await runJob(namespace, 'postgres-backup', 'before-upgrade');
  await sql(namespace, 'auth', 'ANALYZE account');
  // PostgreSQL 17.12 stores an option with each new column that 18.6, which Debian's mirrors may still have, does not know
  for (const database of ['auth', 'postgres']) {
    await sql(
      namespace,
      database,
      "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%}' AND attrelid >= 16384",
    );
  }
  if (isCluster) {
    await leadFirst(namespace);
    await scaleDatabase(namespace, 1);
  }
  await scaleDatabase(namespace, 0);
  const stopped = Date.now();
  await forgetState(namespace);
  const metadata = { name: 'postgres-upgrade', namespace };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { UPGRADE_FROM: String(old) } });
  await release(next);
  await until('the upgraded database', 600, whole);
  const back = (Date.now() - stopped) / 1000;
  await kubectl(['delete', 'configmap', 'postgres-upgrade', '-n', namespace]);
  await flows(traffic);
  await until('a backup of the new version', 300, async () => {
    const [stanza] = JSON.parse(await inRepository(namespace, ['pgbackrest', 'info', '--output=json'])) as {
      db: { id: number; version: string }[];
      backup: { database: { id: number } }[];
    }[];
    const upgraded = stanza?.db.find(({ version }) => Number(version) > old);
    return stanza?.backup.some(({ database }) => database.id === upgraded?.id) ?? false;
  });
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  const writes = ledger(requests);
  const there = await accounts(namespace);
  const lost = writes.filter(({ email }) => !there.has(email)).length;
  const during = requests.filter(({ at }) => at >= from);
  const answered = writes.map((write) => write.answered);
  const now = await major();
  table([
    summary(
      'before',
      requests.filter(({ at }) => at < from),
    ),
    summary('upgrade and after', during),
  ]);
  table([
    {
      upgrade: `${old} → ${Math.floor(now)}`,
      'database s away': secondsWithoutWrites(from, answered),
      'all members after s': back.toFixed(1),
      requests: during.length,
      failed: during.filter(({ status }) => status < 200 || status > 299).length,
      acknowledged: writes.length,
      lost,
    },
  ]);
  if (failures(requests).length > 0) {
    table(failures(requests));
  }
  check(`the database runs PostgreSQL ${Math.floor(now)}`, now > old + 1 - 0.01);
  check(`${writes.length} registrations were acknowledged, and none is lost`, writes.length > 50 && lost === 0);
  check(
    'no response was a 5xx other than 503, and no session was revoked',
    requests.every(({ status }) => status === 503 || (status < 500 && status !== 401)),
  );
  check(
    'the statistics of the planner were carried over',
    Number(await sql(namespace, 'auth', "SELECT count(*) FROM pg_stats WHERE tablename = 'account'")) > 0,
  );
  const checked = await runJob(namespace, 'postgres-restore-check', 'check-after-upgrade');
  check(`the restore check passes on the new version (${checked.toFixed(1)} s)`, true);

  // what the older version left
  const pods = dataClaims.map((claim) => claim.replace('data-', ''));
  await Promise.all(pods.map((pod) => inMember(namespace, pod, ['rm', '-r', `/var/lib/postgresql/data/${old}`])));
  await sql(namespace, 'postgres', 'CREATE TABLE after_upgrade ()');
  const moment = await databaseTime(namespace);
  await sql(namespace, 'postgres', 'DROP TABLE after_upgrade');
  const restored = await restoreTo(namespace, moment);
  check(
    `a point in time after the upgrade is restored (${restored.toFixed(1)} s)`,
    (await sql(namespace, 'postgres', "SELECT to_regclass('after_upgrade')")) === 'after_upgrade',
  );

  const returned = await restoreTo(namespace, mark, () => release(before));
  const accountsThen = await accounts(namespace);
  check(
    `a point in time before the upgrade is restored by the old image (${returned.toFixed(1)} s)`,
    Math.floor(await major()) === old && accountsThen.size < there.size,
  );
  await until('the old version', 300, whole);
  const backup = await runJob(namespace, 'postgres-backup', 'after-return');
  check(`the old version is backed up again (${backup.toFixed(1)} s)`, true);
  const again = await restoreTo(namespace, mark);
  check(
    `the same moment is restored again, although newer backups exist (${again.toFixed(1)} s)`,
    (await accounts(namespace)).size === accountsThen.size,
  );
});
