// Deletes all accounts, then restores the database to a point in time before that. Every write acknowledged before that point is
// present, and no later one.  SIZE: megabytes of data.  CLUSTER: with three members.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill } from '../../tools/lib/drill.ts';
import { until } from '../../tools/lib/until.ts';
import { accounts, backedUp, databaseTime, fill, ledger, restoreTo, runJob, sql } from './lib/database.ts';
import { deploy } from './lib/environment.ts';
import { gatewayNamespace, startTraffic } from './lib/traffic.ts';

await drill('pitr', async ({ own, log, table, check }) => {
  const namespace = await own('drill-pitr');
  const gateway = await own('drill-pitr-gateway');
  await deploy({ namespace, config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' } });
  await gatewayNamespace(gateway);
  await until('first backup', 300, () => backedUp(namespace), 2000);
  await fill(namespace, Number(process.env['SIZE'] ?? 10));
  await runJob(namespace, 'postgres-backup', 'backup-before');

  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    seconds: 30,
    mix: { register: 2 },
    users: 5,
  });
  await sleep(15_000);
  const target = await databaseTime(namespace);
  const targetMs = Number(
    await sql(namespace, 'postgres', `SELECT extract(epoch FROM '${target}'::timestamptz) * 1000`),
  );
  log(`target of the restore: ${target}`);
  const requests = await traffic.finished();
  await sql(namespace, 'auth', 'TRUNCATE account CASCADE');
  check('no account is left', (await accounts(namespace)).size <= 1);

  const ready = await restoreTo(namespace, target);

  const there = await accounts(namespace);
  const writes = ledger(requests);
  const earlier = writes.filter(({ answered }) => answered <= targetMs);
  const later = writes.filter(({ sent }) => sent > targetMs);
  const lost = earlier.filter(({ email }) => !there.has(email));
  const kept = later.filter(({ email }) => there.has(email));
  table([
    {
      'database ready s': ready.toFixed(1),
      'acknowledged before': earlier.length,
      'rows lost': lost.length,
      'acknowledged after': later.length,
      'of these present': kept.length,
    },
  ]);
  check('there were writes before and after the target time', earlier.length > 10 && later.length > 10);
  check('no write acknowledged before the target time is lost', lost.length === 0);
  check('no later write is present', kept.length === 0);
  const backup = await runJob(namespace, 'postgres-backup', 'backup-after');
  check(`a backup of the new timeline is in every repository (${backup.toFixed(1)} s)`, await backedUp(namespace));
  const restoreCheck = await runJob(namespace, 'postgres-restore-check', 'restore-check-after');
  check(
    `the weekly restore check passes on the new timeline (${restoreCheck.toFixed(1)} s)`,
    (await sql(namespace, 'postgres', `SELECT succeeded FROM maintenance.job_runs WHERE job = 'restore-check'`)) ===
      't',
  );
});
