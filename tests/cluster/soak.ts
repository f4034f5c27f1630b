// Mixed traffic for a long time. In the first half, rollouts, rotations and kills follow each other at random, each at least once; in
// the second half nothing happens, and memory, file descriptors and connections stay as they are.  MINUTES: 30 by default.  SEED: of an
// earlier run, to have the same faults in the same order.  CLUSTER: with three members of the database.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { accounts, databaseReady, ledger, sql } from './lib/database.ts';
import { deploy, images, rolledOut } from './lib/environment.ts';
import { isCluster, leader, replicated, switchOver } from './lib/members.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

const minutes = Number(process.env['MINUTES'] ?? 30);
const replicas = 3;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e6));

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
function randomNumbers(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Settings of Node.js with which a program's clock is some seconds off, and its timers are not. */
function clockOff(seconds: number): string {
  const shifted = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...time) { super(...(time.length > 0 ? time : [Real.now() + ${seconds * 1000}])); }
    static now() { return Real.now() + ${seconds * 1000}; }
  };`;
  return `--max-old-space-size-percentage=50 --import=data:text/javascript,${encodeURIComponent(shifted)}`;
}

/** What a pod of auth, or the database, holds at a time. */
type Sample = Record<string, number>;

/** How much a value grows in an hour, by least squares over samples of the same distance. */
function slopePerHour(values: number[], secondsBetween: number): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return (covariance / variance) * (3600 / secondsBetween);
}

await drill('soak', async ({ own, log, table, check }) => {
  log(`SEED=${seed} MINUTES=${minutes}`);
  const random = randomNumbers(seed);
  const namespace = await own('drill-soak');
  const gateway = await own('drill-soak-gateway');
  await deploy({
    namespace,
    components: ['high-availability'],
    config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
    // the autoscaler would replace pods while nothing happens
    patches: [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'auth' },
        spec: { minReplicas: replicas, maxReplicas: replicas },
      },
    ],
  });
  await gatewayNamespace(gateway);

  const pods = async () => {
    const selector = 'app.kubernetes.io/component=api';
    const { items } = await getJson<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>([
      ...['pods', '-n', namespace, '-l', selector, '--field-selector=status.phase=Running'],
    ]);
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  };
  const kill = (pod: string) => kubectl(['delete', 'pod', pod, '-n', namespace, '--grace-period=0', '--force']);
  const rotate = (what: string) => run(join(root, 'k8s/rotate.sh'), [namespace, what], { seconds: 600 });
  let isNext = false;
  let secondsOff = 0;
  const faults: Record<string, () => Promise<unknown>> = {
    'new image': async () => {
      isNext = !isNext;
      const image = isNext ? images.authNext() : images.auth();
      await kubectl(['set', 'image', 'deployment/auth', `auth=${image}`, '-n', namespace]);
      await rolledOut(namespace);
    },
    // one after another, so that pods with different clocks serve side by side, as nodes differ
    'clocks are stepped': async () => {
      secondsOff = secondsOff === 0 ? (random() < 0.5 ? -3 : 3) : 0;
      await kubectl(['set', 'env', 'deployment/auth', `NODE_OPTIONS=${clockOff(secondsOff)}`, '-n', namespace]);
      await rolledOut(namespace);
    },
    'a pod is killed': async () => {
      const running = await pods();
      await kill(running[Math.floor(random() * running.length)] ?? '');
      await rolledOut(namespace);
    },
    'the database is killed': async () => {
      await kill('postgres-0');
      await until('database ready', 300, () => databaseReady(namespace));
      await until('three members', 300, async () => !isCluster || replicated(namespace));
    },
    ...(isCluster && {
      'the database is switched over': async () => {
        const before = await leader(namespace);
        await switchOver(namespace, before);
        await until('another leader', 60, async () => (await leader(namespace)) !== before);
        await until('three members', 300, () => replicated(namespace));
      },
    }),
    'password rotated': () => rotate('password'),
    'certificate rotated': () => rotate('tls'),
    'signing keys rotated': () => rotate('signing-keys'),
    'key-encryption key rotated': () => rotate('key-encryption-keys'),
  };

  const mix = { me: 8, refresh: 3, jwks: 2, login: 0.5, register: 0.5 };
  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix,
    users: 20,
    seconds: minutes * 60 + 3600,
  });
  const started = Date.now();
  const marks: { what: string; from: number; to: number }[] = [];
  const names = Object.keys(faults);
  for (let left: string[] = []; marks.length < names.length || Date.now() < started + minutes * 30_000;) {
    // each of them once before any of them again
    left = left.length > 0 ? left : [...names];
    const [what = ''] = left.splice(Math.floor(random() * left.length), 1);
    const from = Date.now();
    log(what);
    await faults[what]?.();
    const succeeds = async () => {
      const latest = (await traffic.requests()).filter(({ at, ms }) => at + ms > Date.now() - 5000);
      return latest.length > 10 && latest.every(({ status }) => status >= 200 && status < 300);
    };
    await until(`requests to succeed for 5 s after: ${what}`, 300, succeeds, 1000);
    marks.push({ what, from, to: Date.now() });
    await sleep(random() * 10_000);
  }

  log('quiet');
  const quiet = Date.now();
  const steady = await pods();
  const secondsBetween = Math.max(5, (minutes * 30) / 60);
  const sampleOf = async (pod: string): Promise<Sample> => {
    const script = "fetch('http://localhost:9464/metrics').then(async (answer) => console.log(await answer.text()))";
    const metrics = await kubectl(['exec', pod, '-n', namespace, '-c', 'auth', '--', 'node', '-e', script]);
    const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(metrics)?.[1]);
    return {
      'memory MiB': value('process_resident_memory_bytes') / 2 ** 20,
      'heap MiB': value('nodejs_heap_size_used_bytes') / 2 ** 20,
      'file descriptors': value('process_open_fds'),
    };
  };
  const connections = async (): Promise<Sample> => ({
    connections: Number(
      await sql(namespace, 'postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = 'auth'"),
    ),
  });
  const samples = new Map<string, Sample[]>();
  while (Date.now() < quiet + minutes * 30_000) {
    const from = Date.now();
    for (const [name, sample] of [
      ...(await Promise.all(steady.map(async (pod) => [pod, await sampleOf(pod)] as const))),
      ['database', await connections()] as const,
    ]) {
      samples.set(name, [...(samples.get(name) ?? []), sample]);
    }
    await sleep(Math.max(0, from + secondsBetween * 1000 - Date.now()));
  }
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');

  const between = (from: number, to: number) => requests.filter(({ at }) => at >= from && at < to);
  table(
    marks.map(({ what, from, to }): Row => ({
      ...summary(what, between(from, to)),
      'seconds until all succeed': ((to - from) / 1000).toFixed(0),
    })),
  );
  const bad = failures(requests);
  if (bad.length > 0) {
    table(bad);
  }
  const growth = [...samples].flatMap(([of, all]) =>
    Object.keys(all[0] ?? {}).map((what) => {
      // at first, the pods load what they need for the first time
      const values = all.slice(all.length / 3).map((sample) => sample[what] ?? NaN);
      // a garbage collection may come before or after any one sample
      const half = Math.ceil(values.length / 2);
      const lowest = (part: number[]) => Math.min(...part);
      return { of, what, values, second: lowest(values.slice(0, half)), last: lowest(values.slice(-half)) };
    }),
  );
  table(
    growth.map(({ of, what, values, second, last }): Row => ({
      of,
      what,
      samples: values.length,
      'lowest of the second third': second.toFixed(1),
      'of the last third': last.toFixed(1),
      'growth an hour': slopePerHour(values, secondsBetween).toFixed(1),
    })),
  );
  const written = ledger(requests);
  const there = await accounts(namespace);
  const lost = written.filter(({ email }) => !there.has(email));
  table([{ faults: marks.length, requests: requests.length, acknowledged: written.length, lost: lost.length }]);

  check('no acknowledged registration was lost', written.length > 0 && lost.length === 0);
  check(
    'no session was revoked',
    requests.every(({ status }) => status !== 401),
  );
  check(
    'no response was a 5xx other than 503',
    requests.every(({ status }) => status === 503 || status < 500),
  );
  check(
    'while nothing happened, no request failed',
    between(quiet, Infinity).length > 0 && failures(between(quiet, Infinity)).length === 0,
  );
  check(
    'no pod was replaced while nothing happened',
    JSON.stringify((await pods()).sort()) === JSON.stringify(steady.sort()),
  );
  const limits: Record<string, number> = { 'memory MiB': 32, 'heap MiB': 16, 'file descriptors': 8, connections: 4 };
  for (const [what, limit] of Object.entries(limits)) {
    const grown = Math.max(...growth.filter((one) => one.what === what).map(({ second, last }) => last - second));
    check(`${what}: grown by at most ${limit} (${grown.toFixed(1)})`, grown <= limit);
  }
});
