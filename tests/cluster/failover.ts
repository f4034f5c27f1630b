// The leader of the database's cluster is replaced under traffic, in several ways. No acknowledged write is lost.
//   CLUSTER must be set.  SCENARIOS: those to play, separated by commas.  REPETITIONS: of each, 2 if not given.  POOLER: with PgBouncer.
import { equal, fail } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { accounts, backedUp, destroy, ledger, runJob, sql } from './lib/database.ts';
import { deploy, images, render } from './lib/environment.ts';
import { type Firewall, startFirewall } from './lib/firewall.ts';
import { secondsWithoutWrites } from './lib/loss.ts';
import {
  inMember,
  leader,
  leadFirst,
  members,
  replicated,
  switchOver,
  synchronousReplica,
  watchWriters,
} from './lib/members.ts';
import { codeBlocks, inlineCommand, shell } from './lib/pages.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

interface Scenario {
  /** Takes the leader, or something else, away. */
  play: (namespace: string, pod: string, firewall: () => Promise<Firewall>) => Promise<unknown>;
  /** Who leads after that: another member if not given, the same one, or either, because it comes back before its lock expires. */
  leader?: 'same' | 'either';
  /** Whether acknowledged writes that the last replica had not received are lost. */
  mayLose?: boolean;
  /** Brings back what else the scenario took away. */
  after?: (namespace: string) => Promise<unknown>;
}

const scaleRepository = (namespace: string, replicas: number) =>
  kubectl(['scale', 'statefulset/postgres-repository', `--replicas=${replicas}`, '-n', namespace]);

/** Drops packets for a minute. */
const dropped =
  (drop: (firewall: Firewall, pod: string) => Promise<void>): Scenario['play'] =>
  async (_namespace, pod, start) => {
    const firewall = await start();
    await drop(firewall, pod);
    await sleep(60_000);
    await firewall.open();
  };

const shape = (namespace: string) => ({
  namespace,
  components: ['high-availability', ...(process.env['POOLER'] ? ['pgbouncer'] : [])],
  config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
});
const whole = async (namespace: string) => (await healthy(namespace)) && (await replicated(namespace));
const rollout = (namespace: string, ...command: string[]) =>
  kubectl(['rollout', ...command, 'statefulset/postgres', '-n', namespace], { seconds: 600 });

const page = 'docs/operations/database-cluster.md';
const inNamespace = (commands: string, namespace: string) => commands.replaceAll('NAMESPACE', namespace);

/** Stops all members, and deletes what says which of them have every acknowledged write. */
async function loseState(namespace: string): Promise<void> {
  const pods = members.map((member) => `pod/${member}`);
  const state = ['postgres', 'postgres-config', 'postgres-sync', 'postgres-failover'];
  await kubectl(['scale', 'statefulset/postgres', '-n', namespace, '--replicas=0']);
  await kubectl(['wait', '--for=delete', '-n', namespace, '--timeout=120s', ...pods], { seconds: 130 });
  await kubectl(['delete', 'endpoints', ...state, '-n', namespace, '--ignore-not-found']);
}

/** Lets a member lead, as the page says, when as many members with data wait. */
async function letLead(namespace: string, member: string, waiting: number): Promise<void> {
  const [look = '', choose = ''] = codeBlocks(page, 'The state is lost')[0]?.split('\n') ?? [];
  await until(
    'members to wait',
    120,
    async () => [...(await shell(inNamespace(look, namespace))).matchAll(/Its data end at/g)].length >= waiting,
    1000,
  );
  await shell(inNamespace(choose, namespace).replace('postgres-N', member));
}

const scenarios: Record<string, Scenario> = {
  switchover: { play: (namespace, pod) => switchOver(namespace, pod) },
  // each member is replaced, as by another image
  updated: {
    async play(namespace) {
      await leadFirst(namespace);
      await rollout(namespace, 'restart');
      await rollout(namespace, 'status');
    },
    leader: 'either',
  },
  // by an image that does not start as a database
  'updated to a broken image': {
    async play(namespace) {
      // an update begins with postgres-2 and ends with postgres-0
      await leadFirst(namespace);
      const broken = `postgres=${images.auth()}`;
      await kubectl(['set', 'image', 'statefulset/postgres', broken, '-n', namespace]);
      const failed = 'jsonpath={.status.containerStatuses[?(@.name=="postgres")].state.waiting.reason}';
      await until('postgres-2 to fail', 120, async () =>
        (await kubectl(['get', 'pod', 'postgres-2', '-n', namespace, '-o', failed])).includes('BackOff'),
      );
      await rollout(namespace, 'undo');
      await rollout(namespace, 'status');
    },
    leader: 'either',
  },
  // to larger volumes of a class that can't expand, with the steps of docs/runbooks/PersistentVolumeFilling.md
  grown: {
    async play(namespace, pod) {
      await kubectl(['delete', 'statefulset', 'postgres', '-n', namespace, '--cascade=orphan']);
      const path = '/spec/volumeClaimTemplates/0/spec/resources/requests/storage';
      const patch = JSON.stringify([{ op: 'replace', path, value: '12Gi' }]);
      const patches = [{ target: { kind: 'StatefulSet', name: 'postgres' }, patch }];
      await apply(await render({ ...shape(namespace), patches }));
      const replace = async (member: string) => {
        await kubectl(['delete', 'pvc', `data-${member}`, '-n', namespace, '--wait=false']);
        await kubectl(['delete', 'pod', member, '-n', namespace]);
        await until(`${member} to be copied`, 300, () => whole(namespace), 2000);
      };
      for (const replica of members.filter((member) => member !== pod)) {
        await replace(replica);
      }
      await switchOver(namespace, pod);
      await until('another leader', 60, async () => (await leader(namespace)) !== pod);
      await replace(pod);
      const sizes = ['get', 'pvc', ...members.map((member) => `data-${member}`), '-n', namespace];
      const grown = await kubectl([...sizes, '-o', 'jsonpath={.items[*].status.capacity.storage}']);
      equal(grown, '12Gi 12Gi 12Gi');
    },
  },
  'pod deleted': { play: (namespace, pod) => kubectl(['delete', 'pod', pod, '-n', namespace, '--wait=false']) },
  'pod killed': {
    play: (namespace, pod) =>
      kubectl(['delete', 'pod', pod, '-n', namespace, '--grace-period=0', '--force', '--wait=false']),
    leader: 'either',
  },
  'all killed': {
    play: (namespace) =>
      kubectl(['delete', 'pods', ...members, '-n', namespace, '--grace-period=0', '--force', '--wait=false']),
    leader: 'either',
  },
  // from the API server, the other members, the repository and clients
  'cut off': { play: dropped(({ cutOff }, pod) => cutOff(pod)) },
  // members reach each other, and clients the leader
  'API server away': {
    play: dropped(({ hideApiServer }) => hideApiServer(members)),
    leader: 'same',
  },
  // what docs/runbooks/DatabaseReplicaBehind.md says, without the question that it asks
  'replica copied again': {
    async play(namespace, pod) {
      const synchronous = await synchronousReplica(namespace);
      const member = members.find((name) => name !== pod && name !== synchronous) ?? fail('no other replica');
      const which = ['bash', '-c', 'stat --format="%i %Z" "$PGDATA/PG_VERSION"'];
      const copy = () => inMember(namespace, member, which).catch(() => '');
      const old = await copy();
      const command = inlineCommand('docs/runbooks/DatabaseReplicaBehind.md', 'patronictl reinit');
      await shell(`${command.replace('exec -it', 'exec')} --force`, { NAMESPACE: namespace, MEMBER: member });
      await until(`${member} to be copied`, 300, async () => !['', old].includes(await copy()));
    },
    leader: 'same',
  },
  'state lost': {
    async play(namespace, pod) {
      await loseState(namespace);
      await kubectl(['scale', 'statefulset/postgres', '-n', namespace, '--replicas=3']);
      await letLead(namespace, pod, 3);
    },
    leader: 'same',
  },
  'state and first volume lost': {
    async play(namespace) {
      await leadFirst(namespace);
      await until('three members', 300, () => whole(namespace));
      const synchronous = await synchronousReplica(namespace);
      await loseState(namespace);
      await kubectl(['delete', 'pvc', 'data-postgres-0', '-n', namespace]);
      const [, others = '', all = ''] = codeBlocks(page, 'The state is lost');
      await shell(inNamespace(others, namespace));
      await letLead(namespace, synchronous, 2);
      await until('a leader', 120, async () => (await leader(namespace)) === synchronous);
      await shell(inNamespace(all, namespace));
    },
    leader: 'either',
  },
  'both are gone': {
    async play(namespace, pod) {
      const gone = [pod, await synchronousReplica(namespace)];
      const last = members.find((name) => !gone.includes(name)) ?? fail('no other replica');
      await destroy(
        namespace,
        gone.map((member) => `data-${member}`),
      );
      // longer than the leader's lock lasts
      await sleep(45_000);
      const query = ['psql', '-h', '/run/postgresql', '-U', 'postgres', '-Atc', 'SELECT pg_is_in_recovery()'];
      equal((await inMember(namespace, last, query)).trim(), 't');
      const [promote = ''] = codeBlocks(page, 'Both are gone');
      await shell(inNamespace(promote, namespace).replaceAll('postgres-1', last));
    },
    mayLose: true,
  },
  'replica lost': {
    async play(namespace) {
      const replica = await synchronousReplica(namespace);
      return destroy(namespace, [`data-${replica}`]);
    },
    leader: 'same',
  },
  // every process stops, Patroni too, with all connections open
  frozen: { play: (namespace, pod) => inMember(namespace, pod, ['bash', '-c', 'kill -STOP -1; true']) },
  'volume lost': { play: (namespace, pod) => destroy(namespace, [`data-${pod}`]) },
  // with segments that only the replicas have
  'volume and repository lost': {
    async play(namespace, pod) {
      await scaleRepository(namespace, 0);
      const gone = ['wait', '--for=delete', 'pod/postgres-repository-0', '-n', namespace, '--timeout=120s'];
      await kubectl(gone, { seconds: 130 });
      for (let segment = 0; segment < 3; segment += 1) {
        await sleep(1000);
        await sql(namespace, 'postgres', 'SELECT pg_switch_wal()');
      }
      await sleep(1000);
      return destroy(namespace, [`data-${pod}`]);
    },
    after: (namespace) => scaleRepository(namespace, 1),
  },
};
const chosen = process.env['SCENARIOS']?.split(',') ?? Object.keys(scenarios);
const repetitions = Number(process.env['REPETITIONS'] ?? 2);

await drill('failover', async ({ own, after, log, table, check }) => {
  const namespace = await own('drill-failover');
  const gateway = await own('drill-failover-gateway');
  await deploy(shape(namespace));
  await gatewayNamespace(gateway);
  await until('three members', 300, () => whole(namespace));
  await until('first backup', 300, () => backedUp(namespace), 2000);
  log(`${await leader(namespace)} leads, one replica is synchronous, a backup exists`);

  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix: { me: 5, refresh: 3, register: 4 },
  });
  await sleep(5000);
  // a leader updates the roles when it is promoted
  const rolesVersion = () => sql(namespace, 'postgres', `SELECT xmin FROM pg_authid WHERE rolname = 'auth'`);
  const logs = (name: string) =>
    kubectl(['logs', '-l', `app.kubernetes.io/name=${name}`, '--all-containers', '--tail=-1', '-n', namespace]);
  const events: { scenario: string; from: number; to: number; before: string; leader: string; back: number }[] = [];
  let secrets = 0;
  const moved: string[] = [];
  let walls: Promise<Firewall> | undefined;
  const firewall = () => (walls ??= own('drill-failover-firewall').then((home) => startFirewall(home, namespace)));
  after(async () => (await walls)?.open());
  const writers = watchWriters(namespace);
  for (const scenario of chosen) {
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      const {
        play,
        after: restore,
        leader: leads = 'another',
      } = scenarios[scenario] ?? fail(`there is no scenario ${scenario}`);
      const before = await leader(namespace);
      const roles = await rolesVersion();
      const from = Date.now();
      await play(namespace, before, firewall);
      const lost = Date.now();
      log(`${scenario}: ${before}`);
      await until(
        'writes to succeed',
        300,
        async () =>
          (await traffic.requests()).some(
            ({ at, kind, status }) => at > lost + 2000 && kind === 'register' && status === 201,
          ),
        1000,
      );
      await sleep(5000);
      await until('three members', 600, () => whole(namespace));
      const back = (Date.now() - lost) / 1000;
      await restore?.(namespace);
      await until('three members and the repository', 300, () => whole(namespace));
      const now = await leader(namespace);
      if (leads === 'same' && now !== before) {
        moved.push(`${scenario}: ${before} → ${now}`);
      }
      if (leads === 'another') {
        await until('another leader', 60, async () => (await leader(namespace)) !== before);
        await until('roles updated by the new leader', 60, async () => (await rolesVersion()) !== roles);
      }
      await sleep(5000);
      secrets += [...`${await logs('postgres')}${await logs('postgres-repository')}`.matchAll(/PASSWORD '/gi)].length;
      events.push({ scenario, from, to: Date.now(), before, leader: now, back });
    }
  }
  const most = await writers.stop();
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  const writes = ledger(requests);
  const there = await accounts(namespace);
  const within = <T>(items: T[], time: (item: T) => number, { from, to }: { from: number; to: number }) =>
    items.filter((item) => time(item) >= from && time(item) < to);

  table([
    summary(
      'before',
      requests.filter(({ at }) => at < (events[0]?.from ?? 0)),
    ),
  ]);
  const rows = events.map((event): Row => {
    const acknowledged = within(writes, ({ answered }) => answered, event);
    const sent = within(requests, ({ at }) => at, event);
    const failed = sent.filter(({ status }) => status < 200 || status > 299);
    const statuses = Map.groupBy(failed, ({ status }) => status || 'no answer');
    const answered = acknowledged.map((write) => write.answered);
    return {
      scenario: event.scenario,
      leader: `${event.before} → ${event.leader}`,
      's without writes': secondsWithoutWrites(event.from, answered),
      'three members after s': event.back.toFixed(1),
      requests: sent.length,
      failed: [...statuses].map(([status, those]) => `${status}: ${those.length}`).join(', ') || 0,
      acknowledged: acknowledged.length,
      lost: acknowledged.filter(({ email }) => !there.has(email)).length,
    };
  });
  table(rows);
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  const atRisk = events.filter(({ scenario }) => scenarios[scenario]?.mayLose);
  const isAtRisk = ({ answered }: { answered: number }) =>
    atRisk.some(({ from, to }) => answered >= from && answered < to);
  const lost = writes.filter((write) => !there.has(write.email) && !isAtRisk(write));
  check(`${writes.length} registrations were acknowledged, and none is lost`, writes.length > 100 && lost.length === 0);
  check(
    'no response was a 5xx other than 503',
    requests.every(({ status }) => status === 503 || status < 500),
  );
  check(
    'no session was revoked',
    requests.every(({ status }) => status !== 401),
  );
  check(`never could two members be written to: ${most} at most`, most === 1);
  check(`no leader changed without a reason: ${moved.join(', ') || 'none'}`, moved.length === 0);
  check('no log contains a password', secrets === 0);
  // from the backup before the first scenario, through every timeline since
  const restored = await runJob(namespace, 'postgres-restore-check', 'check-after-failover');
  check(`the restore check passes on the last timeline (${restored.toFixed(1)} s)`, true);
  const backup = await runJob(namespace, 'postgres-backup', 'after-failover');
  check(`a backup of the last leader is made (${backup.toFixed(1)} s)`, true);
});
