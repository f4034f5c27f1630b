// Opens a connection from every source to every destination: without components, then with webhooks, which admits auth to public IP
// addresses alone, then with back-channel-logout. Two controls show what the cluster enforces: a pod without any policy must reach
// everything outside, and a pod that is denied everything must reach nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { buildWith } from '../../tools/lib/kustomize.ts';
import { until } from '../../tools/lib/until.ts';
import { idle, tryConnections } from './lib/connections.ts';
import { deploy } from './lib/environment.ts';
import { phase, pod } from './lib/traffic.ts';

interface Source {
  name: string;
  namespace: string;
  /** Labels of a pod made for this drill. Without them, the source is a pod of the environment. */
  labels?: Record<string, string>;
  may: string[];
  /** Destinations that are this pod itself. */
  is?: string[];
}

await drill('denial', async ({ own, log, table, check }) => {
  const namespace = await own('drill-denial');
  const outside = {
    gateway: await own('drill-denial-gateway'),
    monitoring: await own('drill-denial-monitoring'),
    stranger: await own('drill-denial-stranger'),
    application: await own('drill-denial-application'),
  };
  const sealed = await own('drill-denial-sealed');
  await deploy({
    namespace,
    components: ['postgres-exporter'],
    patches: [
      // a single pod, so that its IP address stays the same
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'auth' },
        spec: { maxReplicas: 1 },
      },
    ],
  });

  for (const name of [...Object.values(outside), sealed]) {
    const role = Object.entries(outside).find(([, value]) => value === name)?.[0] ?? 'sealed';
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'devopslocally/role': role } } });
  }
  await apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'nothing', namespace: sealed },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });

  /** The addresses of a pod, one for each IP family of the cluster. */
  const podIps = async (selector: string, of = namespace) =>
    (await kubectl(['get', 'pods', '-n', of, '-l', selector, '-o', 'jsonpath={.items[0].status.podIPs[*].ip}']))
      .trim()
      .split(' ');
  const auth = await podIps('app.kubernetes.io/component=api');
  const database = await podIps('app.kubernetes.io/name=postgres');
  const exporter = await podIps('app.kubernetes.io/name=postgres-exporter');
  log(`pods have ${auth.length === 1 ? 'one IP address' : `${auth.length} IP addresses, of which each is tried`}`);
  await apply(pod('application', outside.application, { app: 'application' }, idle));
  await until('application running', 300, async () => (await phase('application', outside.application)) === 'Running');
  const application = await podIps('app=application', outside.application);
  const dns = (
    await kubectl(['get', 'service', 'kube-dns', '-n', 'kube-system', '-o', 'jsonpath={.spec.clusterIP}'])
  ).trim();
  const api = (
    await kubectl(['get', 'service', 'kubernetes', '-n', 'default', '-o', 'jsonpath={.spec.clusterIP}'])
  ).trim();
  // ADDRESS:443 outside of the ranges of special purpose; any answer counts, a refusal too
  const publicAddress = process.env['PUBLIC_ADDRESS'];
  const publicOnes = publicAddress ? ['public address'] : [];
  const at = (ips: string[], port: number) => ips.map((ip) => `${ip}:${port}`);
  const destinations: Record<string, string[]> = {
    'auth http': at(auth, 3000),
    'auth metrics': at(auth, 9464),
    postgres: at(database, 5432),
    pgbackrest: at(database, 8432),
    'exporter metrics': at(exporter, 9187),
    dns: [`${dns}:53`],
    'api server': [`${api}:443`],
    // an IP address for documentation: any answer means that the packet left the cluster
    outside: [process.env['OUTSIDE'] ?? '203.0.113.1:443'],
    ...(publicAddress && { 'public address': [publicAddress] }),
    application: at(application, 443),
  };

  const component = (name: string) => ({ 'app.kubernetes.io/name': 'auth', 'app.kubernetes.io/component': name });
  const everything = Object.keys(destinations);
  /** What no policy keeps from a pod outside of the environment. */
  const anywhere = ['dns', 'api server', 'outside', 'application', ...publicOnes];
  const sources: Source[] = [
    { name: 'auth', namespace, may: ['postgres', 'dns'], is: ['auth http', 'auth metrics'] },
    { name: 'postgres', namespace, may: ['dns'], is: ['postgres', 'pgbackrest'] },
    { name: 'migration', namespace, labels: component('migration'), may: ['postgres', 'dns'] },
    {
      name: 'backup job',
      namespace,
      labels: { 'app.kubernetes.io/name': 'postgres-maintenance' },
      may: ['postgres', 'pgbackrest', 'dns'],
    },
    {
      name: 'exporter',
      namespace,
      labels: { 'app.kubernetes.io/name': 'postgres-exporter' },
      may: ['postgres', 'dns'],
    },
    { name: 'smoke test', namespace, labels: component('smoke-test'), may: ['auth http', 'dns'] },
    { name: 'another pod inside', namespace, labels: { app: 'other' }, may: ['dns'] },
    { name: 'gateway', namespace: outside.gateway, labels: {}, may: ['auth http', ...anywhere] },
    {
      name: 'monitoring',
      namespace: outside.monitoring,
      labels: {},
      may: ['auth metrics', 'exporter metrics', ...anywhere],
    },
  ];
  const stranger: Source = {
    name: 'stranger',
    namespace: outside.stranger,
    labels: {},
    may: anywhere,
  };
  const seal: Source = { name: 'sealed control', namespace: sealed, labels: {}, may: [] };

  const podName = ({ name }: Source) => name.replaceAll(' ', '-');
  const subjects = [...sources, stranger];
  for (const source of [...subjects, seal]) {
    if (source.labels) {
      await apply(pod(podName(source), source.namespace, source.labels, idle));
    }
  }
  for (const source of [...subjects, seal]) {
    if (source.labels) {
      await until(
        `${source.name} running`,
        300,
        async () => (await phase(podName(source), source.namespace)) === 'Running',
      );
    }
  }
  log('probe pods are running');
  // policies take effect shortly after a pod has started
  await sleep(5000);

  const targets = Object.values(destinations).flat();
  async function results(source: Source): Promise<Record<string, string>> {
    if (source.name === 'postgres') {
      // the postgres image has no Node.js
      const script = targets.map((target) => {
        const [, host, port] = /^(.*):(\d+)$/.exec(target) ?? [];
        return `(timeout 10 bash -c 'exec 3<>/dev/tcp/${host}/${port}' 2>/dev/null; echo ${target} $?) &`;
      });
      const output = await kubectl([
        'exec',
        'postgres-0',
        '-n',
        namespace,
        '--',
        'bash',
        '-c',
        `${script.join(' ')} wait`,
      ]);
      const codes: Record<string, string> = { '0': 'connected', '124': 'dropped' };
      return Object.fromEntries(
        output
          .trim()
          .split('\n')
          .map((line) => line.split(' '))
          .map(([target = '', code = '']) => [target, codes[code] ?? 'refused']),
      );
    }
    const name = source.labels ? podName(source) : 'deployment/auth';
    return tryConnections(name, source.namespace, targets);
  }

  const answered = (result: string | undefined) => result !== undefined && result !== 'dropped';
  /** What came of the connections to a destination. */
  const to = (name: string, found: Record<string, string> = {}) =>
    (destinations[name] ?? []).map((target) => found[target]);

  /** Tries all connections once. */
  async function attempt(all: Source[]) {
    const [control = {}, ...found] = await Promise.all([seal, ...all].map(results));
    const unenforced = everything.filter((name) => to(name, control).some(answered));
    let proven = 0;
    let wrong = 0;
    const rows: Row[] = [];
    for (const [i, source] of all.entries()) {
      const verdict = (name: string) => {
        const came = to(name, found[i]);
        const expected = source.may.includes(name);
        if (source.is?.includes(name)) {
          return 'itself';
        }
        if (!expected && unenforced.includes(name)) {
          return 'not enforced here';
        }
        proven += 1;
        if (came.every((result) => answered(result) === expected)) {
          return expected ? 'allowed' : 'denied';
        }
        wrong += 1;
        return `WRONG: ${came.join(', ')}`;
      };
      rows.push({ source: source.name, ...Object.fromEntries(everything.map((name) => [name, verdict(name)])) });
    }
    return { rows, found, unenforced, proven, wrong };
  }

  /** Tries all connections until policies have taken effect, which is later on a slow machine, and prints what came of them. */
  async function examine(
    all: Source[],
    circumstances: string,
  ): Promise<{ reachesOutside: boolean; unenforced: string[] }> {
    let outcome = await attempt(all);
    const isLate = ({ wrong, unenforced }: typeof outcome) =>
      wrong > 0 || unenforced.some((name) => name !== 'api server');
    for (let tries = 0; isLate(outcome) && tries < 10; tries += 1) {
      await sleep(5000);
      outcome = await attempt(all);
    }
    const { rows, found, unenforced, proven, wrong } = outcome;
    table(rows);
    if (unenforced.length > 0) {
      log(
        `a pod that is denied everything still reaches ${unenforced.join(', ')}: this cluster does not enforce policies there`,
      );
    }
    check(`${proven} connections are allowed or denied as specified ${circumstances}`, wrong === 0);
    return { reachesOutside: to('outside', found.at(-1)).some(answered), unenforced };
  }

  const { reachesOutside, unenforced } = await examine(subjects, 'without components');
  check('a pod without any policy reaches the outside', reachesOutside);
  check(
    'a pod that is denied everything reaches no pod and not the outside',
    !unenforced.some((name) => name !== 'api server'),
  );

  /** Tries all connections again while the environment has a component. */
  const examineWith = async (component: string, admitted: string[]) => {
    const resources = await buildWith((path) => ({ namespace, components: [path(`k8s/components/${component}`)] }));
    await apply(resources);
    await sleep(5000);
    const all = subjects.map((source) =>
      source.name === 'auth' ? { ...source, may: [...source.may, ...admitted] } : source,
    );
    await examine(all, `with the component ${component}`);
    await kubectl(['delete', '-f', '-'], { input: resources });
  };
  // the address outside is for documentation, and denied as private ones are
  await examineWith('webhooks', publicOnes);
  if (!publicAddress) {
    log('no public IP address was tried: set PUBLIC_ADDRESS=ADDRESS:443 to one that answers');
  }
  await examineWith('back-channel-logout', ['application']);
});
