// Two regions: the standby one has no pods of auth, and its database follows the active one's. The active region is lost under write
// traffic, and the other one takes over. Then the first comes back as the standby one, and takes over again as planned.
//   CLUSTER must be set.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { accounts, backedUp, dataClaims, ledger, sql, wipe } from './lib/database.ts';
import { deploy, render, type Shape } from './lib/environment.ts';
import { reportLoss, secondsBeforeLoss, secondsWithoutWrites, serves } from './lib/loss.ts';
import { inMember, leader, replicated } from './lib/members.ts';
import { portable } from './lib/portable.ts';
import { failures, flows, gatewayNamespace, pointName, startTraffic, summary } from './lib/traffic.ts';

const secrets = ['auth', 'postgres-credentials', 'postgres-tls', 'pgbackrest', 'maintenance-tls'];
const overlay = join(root, 'k8s/overlays/prod-standby/kustomization.yaml');
const standbyPatches = (parse(readFileSync(overlay, 'utf8')) as { patches: object[] }).patches;

/** A region, as an overlay with the components of two regions defines it. */
function region(namespace: string, other: string, isStandby: boolean): Shape {
  const peer = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': other } } }];
  const policy = JSON.stringify([
    { op: 'replace', path: '/spec/ingress/0/from', value: peer },
    { op: 'replace', path: '/spec/egress/0/to', value: peer },
  ]);
  const host = {
    target: { kind: 'ConfigMap', name: 'patroni-standby' },
    patch: JSON.stringify([{ op: 'replace', path: '/data/standby.yaml', value: standby(other) }]),
  };
  return {
    namespace,
    base: 'k8s/base',
    components: ['region-link', ...(isStandby ? ['standby-cluster'] : [])],
    config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
    patches: [
      { target: { kind: 'NetworkPolicy', name: 'postgres-region-link' }, patch: policy },
      ...(isStandby ? [host, ...standbyPatches] : []),
    ],
  };
}

/** The component's settings, with the leader of another namespace. */
const standby = (other: string): string => {
  const file = join(root, 'k8s/components/standby-cluster/patroni-standby.yaml');
  const { data } = parse(readFileSync(file, 'utf8')) as { data: Record<string, string> };
  return (data['standby.yaml'] ?? '').replace('192.0.2.30', `postgres.${other}.svc`);
};

const edit = (namespace: string, setting: string) =>
  inMember(namespace, 'postgres-0', ['patronictl', 'edit-config', '--force', '-s', setting]);
const promote = (namespace: string) => edit(namespace, 'standby_cluster=null');
const isWritable = async (namespace: string) =>
  (await leader(namespace)) !== '' && (await sql(namespace, 'postgres', 'SELECT pg_is_in_recovery()')) === 'f';
const position = 'SELECT pg_last_wal_replay_lsn()';

await drill('region-lost', async (drill) => {
  const { own, log, table, check } = drill;
  const first = await own('drill-region-first');
  const second = await own('drill-region-second');
  const gateway = await own('drill-region-gateway');
  const make = (name: string) => apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  /** Creates a region that follows the other one. */
  const follow = async (namespace: string, other: string, kept: string) => {
    await make(namespace);
    await kubectl(['create', '-n', namespace, '-f', '-'], { input: kept });
    await apply(await render(region(namespace, other, true)));
    await until(
      `${namespace} to follow`,
      300,
      async () => (await replicatedFrom(other, namespace)) && healthy(namespace),
    );
  };
  const replicatedFrom = async (active: string, follower: string) => {
    const address = await kubectl(['get', 'pod', 'postgres-0', '-n', follower, '-o', 'jsonpath={.status.podIP}']);
    const query = `SELECT state FROM pg_stat_replication WHERE client_addr = '${address}'`;
    return (await sql(active, 'postgres', query)) === 'streaming';
  };

  await make(first);
  await apply(await render({ ...region(first, second, false), base: 'tests/cluster/environment' }));
  await until('first region healthy', 300, async () => (await healthy(first)) && (await replicated(first)));
  await until('first backup', 300, () => backedUp(first), 2000);
  const kept = portable(await kubectl(['get', 'secret', '-n', first, ...secrets, '-o', 'yaml']));
  await follow(second, first, kept);
  log('the first region serves, the second is scaled to zero, its database follows');

  await gatewayNamespace(gateway);
  await pointName(gateway, first);
  const mix = { register: 2, me: 2, login: 2 };
  const traffic = await startTraffic('client', gateway, { url: 'http://auth', mix, users: 5 });
  await sleep(secondsBeforeLoss * 1000);
  const pods = ['get', 'pods', '-n', second, '-l', 'app.kubernetes.io/name=auth', '-o', 'name'];
  check('the standby region has no pod of auth', (await kubectl(pods)) === '');

  const destroyed = await wipe(first, dataClaims);
  await kubectl(['delete', 'namespace', first, '--wait=false']);
  await kubectl(['delete', 'pods,pvc', '--all', '-n', first, '--grace-period=0', '--force', '--wait=false']);
  log('the first region is lost');
  await promote(second);
  await until('the second region to be writable', 120, () => isWritable(second));
  const promoted = (Date.now() - destroyed) / 1000;
  await apply(await render(region(second, first, false)));
  await pointName(gateway, second);
  await until('second region healthy', 300, () => healthy(second));
  const whole = (Date.now() - destroyed) / 1000;
  log('the second region serves');
  const later = await reportLoss({ namespace: second, destroyed, traffic }, drill, {
    'promoted s': promoted.toFixed(1),
    'all healthy s': whole.toFixed(1),
  });
  check('the second region accepts tokens of the first', serves(later, 'me'));
  check('accounts of the first region can log in at the second', serves(later, 'login'));
  await until('first backup of the second region', 300, () => backedUp(second), 2000);

  await until(
    'first region gone',
    300,
    async () => !(await kubectl(['get', 'namespace', first, '--ignore-not-found'])),
  );
  await follow(first, second, kept);
  log('the first region follows the second');
  const back = await startTraffic('back', gateway, { url: 'http://auth', mix, users: 5 });
  await flows(back);
  const began = Date.now();
  await kubectl(['scale', 'deployment', '--all', '-n', second, '--replicas=0']);
  await kubectl([
    'wait',
    '--for=delete',
    'pods',
    '-l',
    'app.kubernetes.io/component=api',
    '-n',
    second,
    '--timeout=60s',
  ]);
  await edit(second, `standby_cluster={"host": "postgres.${first}.svc", "create_replica_methods": ["basebackup"]}`);
  await until(
    'the second region to be read-only',
    120,
    async () => (await leader(second)) && !(await isWritable(second)),
  );
  const end = await sql(second, 'postgres', position);
  const isThere = async () => (await sql(first, 'postgres', `${position} >= '${end}'::pg_lsn`)) === 't';
  await until('the first to have it all', 60, isThere);
  await promote(first);
  await until('the first region to be writable', 120, () => isWritable(first));
  await deploy(region(first, second, false));
  await pointName(gateway, first);
  await flows(back);
  await apply(await render(region(second, first, true)));
  await until('the second region to follow again', 300, () => replicatedFrom(first, second));
  const requests = (await back.stop()).filter(({ kind }) => kind !== 'setup');
  const writes = ledger(requests);
  const there = await accounts(first);
  const lost = writes.filter(({ email }) => !there.has(email));
  const answered = writes.map((write) => write.answered);
  table([
    summary(
      'failing back',
      requests.filter(({ at }) => at >= began),
    ),
  ]);
  table(failures(requests));
  table([
    {
      's without writes': secondsWithoutWrites(began, answered),
      acknowledged: writes.length,
      'rows lost': lost.length,
    },
  ]);
  check('no acknowledged write is lost by failing back', writes.length > 50 && lost.length === 0);
  check(
    'no session was revoked',
    requests.every(({ status }) => status !== 401),
  );
});
