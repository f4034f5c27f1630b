// Argo CD syncs each overlay from nothing, in the order of the sync waves. It stops at bad commits while the old version serves,
// reverts manual changes, and rolls back what a sync waits for, at any hour.
//   GITOPS_ROOT: a folder that the cluster's Argo CD can clone from by file://.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml, stringify } from 'yaml';
import type { Application as ApplicationState } from '../../tools/deploy/argo-cd.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { imageEntry } from '../../tools/lib/kustomize.ts';
import { build } from '../../tools/lib/kustomize.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { images, underTest } from './lib/environment.ts';
import { isServed, type Manifest, parse } from './lib/manifests.ts';
import { codeBlocks, inlineCommand, shell } from './lib/pages.ts';
import { removeController, sealing, startController } from './lib/sealed-secrets-controller.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

interface Application extends Manifest {
  spec: {
    source: { repoURL: string };
    syncPolicy: { automated?: object; retry: { limit: number; backoff: { duration: string } } };
  };
  status?: ApplicationState['status'] & { reconciledAt?: string };
}

interface Kustomization {
  images: object[];
  patches?: object[];
}

const environments = ['dev', 'staging', 'prod'];
/** Open for an hour a year. */
const closed = { kind: 'allow', schedule: '0 0 1 1 *', duration: '1h', timeZone: 'Etc/UTC', manualSync: true };
const standIns = join(root, 'tests/cluster/stand-ins');
const gitRoot = process.env['GITOPS_ROOT'];

await drill('gitops', async ({ own, after, log, table, check }) => {
  if (!gitRoot) {
    throw new Error("GITOPS_ROOT is not set: a folder that the cluster's Argo CD can clone from by file://");
  }
  for (const environment of environments) {
    await own(`devopslocally-${environment}`);
  }
  await apply(await build('k8s/policies'));

  // stand-ins for kinds that the overlays need and this cluster lacks
  const definitions = parse(readFileSync(join(standIns, 'definitions.yaml'), 'utf8'));
  if (!(await isServed({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: '' } }))) {
    for (const definition of definitions) {
      await apply(definition);
      after(() => kubectl(['delete', 'crd', definition.metadata.name]));
    }
    log('stand-ins: Certificate, Gateway and HTTPRoute are stored, without a controller');
  }
  await own(sealing);
  after(removeController);
  const certificate = await startController();

  // the repository's manifests, with secrets sealed for this cluster and the images under test
  const work = mkdtempSync(join(tmpdir(), 'gitops-'));
  const bare = join(gitRoot, 'devopslocally-drill.git');
  after(async () => [work, bare].forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  rmSync(bare, { recursive: true, force: true });
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=drill', '-c', 'user.email=drill@example.com', ...args], { cwd: work });
  for (const name of ['k8s', 'make', 'tools', 'Makefile', 'package.json', 'package-lock.json']) {
    cpSync(join(root, name), join(work, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
  writeFileSync(join(work, 'certificate.pem'), certificate);
  const edit = (overlay: string, change: (kustomization: Kustomization) => void) => {
    const file = join(work, `k8s/overlays/${overlay}/kustomization.yaml`);
    const kustomization = parseYaml(readFileSync(file, 'utf8')) as Kustomization;
    change(kustomization);
    writeFileSync(file, stringify(kustomization));
  };
  for (const environment of ['staging', 'prod']) {
    await run(join(work, 'k8s/seal.sh'), [environment, join(work, 'certificate.pem')]);
  }
  for (const overlay of ['dev-released', 'staging', 'prod']) {
    edit(overlay, (kustomization) => {
      kustomization.images = underTest();
    });
  }
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', bare);
  const push = async () => {
    await git('push', '--quiet', 'origin', 'main');
    // stands in for the repository's webhook
    await kubectl([
      'annotate',
      'applications',
      '--all',
      '-n',
      'argocd',
      '--overwrite',
      'argocd.argoproj.io/refresh=normal',
    ]);
    return (await git('rev-parse', 'HEAD')).trim();
  };
  const commit = async (message: string) => {
    await git('add', 'k8s');
    await git('commit', '--quiet', '--message', message);
    return push();
  };
  await commit('chore: images under test');

  const argo = parse(await build('k8s/argocd'));
  const project = argo.find(({ kind, metadata }) => kind === 'AppProject' && metadata.name === 'devopslocally');
  if (!project) {
    throw new Error('no AppProject');
  }
  const applyProject = (syncWindows: object[]) =>
    apply({ ...project, spec: { ...project.spec, sourceRepos: [`file://${bare}`], syncWindows } });
  // without sync windows, so that it syncs at any hour
  await applyProject([]);
  after(() => kubectl(['delete', 'appproject', 'devopslocally', '-n', 'argocd', '--wait=false']));
  const app = (name: string) => getJson<Application>(['application', name, '-n', 'argocd']);
  const inSync = async (name: string, revision?: string) => {
    const { status } = await app(name);
    if (status?.sync?.status !== 'Synced' || status.health?.status !== 'Healthy') {
      return false;
    }
    // reverting to what is still running needs no sync
    return revision ? status.sync.revision === revision : status.operationState?.phase === 'Succeeded';
  };

  /** Waits until an environment is in sync and healthy, with a commit if one is given. If it is not, says what it waits for. */
  const settles = async (what: string, seconds: number, name: string, revision?: string) => {
    try {
      await until(what, seconds, () => inSync(name, revision), 2000);
    } catch (error) {
      const { status } = await app(name);
      const { phase, message, operation } = status?.operationState ?? {};
      const pods = await kubectl(['get', 'pods', '-n', `devopslocally-${name}`, '--no-headers']);
      throw new Error(
        `${String(error)}\n${status?.sync?.status} at ${status?.sync?.revision}, ${status?.health?.status}; sync of ${operation?.sync?.revision}: ${phase}, ${message}\n${pods}`,
        { cause: error },
      );
    }
  };

  /** Stands in for cert-manager. */
  const issueCertificate = (namespace: string) => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'StandIn',
      message: 'no cert-manager here',
      lastTransitionTime: new Date().toISOString(),
    };
    const patch = JSON.stringify({ status: { conditions: [condition] } });
    return until(
      'certificate',
      300,
      () =>
        kubectl([
          ...['patch', 'certificate', 'auth', '-n', namespace],
          ...['--subresource=status', '--type=merge', '-p', patch],
        ]),
      2000,
    );
  };

  const syncFromNothing = async (environment: string): Promise<Row> => {
    const application = argo.find(
      (manifest): manifest is Application => manifest.kind === 'Application' && manifest.metadata.name === environment,
    );
    if (!application) {
      throw new Error(`no Application ${environment}`);
    }
    const { source, syncPolicy } = application.spec;
    source.repoURL = `file://${bare}`;
    syncPolicy.retry = { limit: 1, backoff: { duration: '2s' } };
    const namespace = `devopslocally-${environment}`;
    const started = Date.now();
    await apply(application);
    after(() => kubectl(['delete', 'application', environment, '-n', 'argocd', '--ignore-not-found']));
    if (environment !== 'dev') {
      await issueCertificate(namespace);
    }
    await settles(`${environment} Synced and Healthy`, 900, environment);
    const seconds = (Date.now() - started) / 1000;
    log(`${environment} is Synced and Healthy`);
    return {
      environment,
      'Synced and Healthy s': seconds.toFixed(1),
      'waves in order': (await wavesInOrder(namespace)) ? 'yes' : 'NO',
    };
  };
  const rows = await Promise.all(environments.map(syncFromNothing));
  table(rows);
  check('each overlay becomes Synced and Healthy', rows.length === environments.length);
  check(
    'sync waves are in order',
    rows.every((row) => row['waves in order'] === 'yes'),
  );

  await until(
    'autoscaler to scale prod to 3',
    300,
    async () =>
      (await kubectl([
        'get',
        'deployment',
        'auth',
        '-n',
        'devopslocally-prod',
        '-o',
        'jsonpath={.status.readyReplicas}',
      ])) === '3',
  );
  const asked = new Date().toISOString().slice(0, 19);
  await kubectl([
    ...['annotate', 'applications', '--all', '-n', 'argocd', '--overwrite'],
    'argocd.argoproj.io/refresh=hard',
  ]);
  const compared = async (name: string) => {
    const { metadata, status } = await app(name);
    return !metadata.annotations?.['argocd.argoproj.io/refresh'] && (status?.reconciledAt ?? '') >= asked;
  };
  for (const environment of environments) {
    await until(`comparison of ${environment}`, 300, () => compared(environment));
  }
  const drifted = [];
  for (const environment of environments) {
    if ((await app(environment)).status?.sync?.status !== 'Synced') {
      drifted.push(environment);
    }
  }
  check(
    `no drift while autoscalers keep 1, 2 and 3 replicas${drifted.length > 0 ? `: ${drifted.join()}` : ''}`,
    drifted.length === 0,
  );

  /** Makes room: the rest of the drill needs the processors. */
  const remove = async (environment: string) => {
    await kubectl(['delete', 'application', environment, '-n', 'argocd']);
    await kubectl(['delete', 'namespace', `devopslocally-${environment}`, '--wait=false']);
  };
  await remove('prod');

  // bad commits and their reverts, under traffic
  const gateway = await own('drill-gitops-gateway');
  await gatewayNamespace(gateway);
  const traffic = await startTraffic('client', gateway, {
    url: 'http://auth.devopslocally-staging',
    mix: { me: 5, refresh: 2 },
  });
  const template = (environment: string) =>
    kubectl(['get', 'deployment', 'auth', '-n', `devopslocally-${environment}`, '-o', 'jsonpath={.spec.template}']);
  const good = await template('staging');
  const outcome: Row[] = [];
  async function revert(): Promise<number> {
    const started = Date.now();
    await git('revert', '--no-edit', 'HEAD');
    const revision = await push();
    await settles('staging healthy after the revert', 900, 'staging', revision);
    return (Date.now() - started) / 1000;
  }

  const failing = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'auth-migrate' },
    spec: {
      backoffLimit: 0,
      template: { spec: { containers: [{ name: 'migrate', command: ['node', '-e', 'process.exit(1)'] }] } },
    },
  };
  edit('staging', (kustomization) => {
    kustomization.images[0] = imageEntry('devopslocally/auth', images.authNext());
    (kustomization.patches ??= []).push({ patch: JSON.stringify(failing) });
  });
  let revision = await commit('feat: a migration that fails');
  let started = Date.now();
  await until(
    'sync to fail',
    300,
    async () => {
      const { status } = await app('staging');
      return (
        status?.operationState?.syncResult?.revision === revision &&
        ['Failed', 'Error'].includes(status.operationState.phase)
      );
    },
    1000,
  );
  const untouched = (await template('staging')) === good;
  outcome.push({
    'bad commit': 'migration fails',
    'stopped after s': ((Date.now() - started) / 1000).toFixed(1),
    'old pods': untouched ? 'untouched' : 'REPLACED',
    'reverted after s': (await revert()).toFixed(1),
  });
  log('the failing migration stopped the sync');

  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'auth' } };
  const unready = {
    ...deployment,
    spec: {
      progressDeadlineSeconds: 20,
      template: { spec: { containers: [{ name: 'auth', readinessProbe: { httpGet: { path: '/nowhere' } } }] } },
    },
  };
  edit('staging', (kustomization) => (kustomization.patches ??= []).push({ patch: JSON.stringify(unready) }));
  revision = await commit('feat: a version that never becomes ready');
  started = Date.now();
  await until('staging degraded', 300, async () => (await app('staging')).status?.health?.status === 'Degraded', 1000);
  const readyPods = () =>
    kubectl(['get', 'deployment', 'auth', '-n', 'devopslocally-staging', '-o', 'jsonpath={.status.readyReplicas}']);
  // on a slow machine, a pod can be late for a probe
  await until('both old pods to be ready', 60, async () => Number(await readyPods()) >= 2).catch(() => undefined);
  const ready = await readyPods();
  outcome.push({
    'bad commit': 'never ready',
    'stopped after s': ((Date.now() - started) / 1000).toFixed(1),
    'old pods': `${ready} ready`,
    'reverted after s': (await revert()).toFixed(1),
  });
  log('the readiness probe stopped the version that never becomes ready');

  await kubectl(['delete', 'networkpolicy', 'default-deny', '-n', 'devopslocally-staging']);
  started = Date.now();
  await until('deleted policy to be restored', 300, () =>
    kubectl([
      'get',
      'networkpolicy',
      'default-deny',
      '-n',
      'devopslocally-staging',
      '--ignore-not-found',
      '-o',
      'name',
    ]),
  );
  const healed = (Date.now() - started) / 1000;
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  table(outcome);
  table([summary('staging', requests)]);
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  check('a failing migration leaves the old version untouched', untouched);
  check('a version that never becomes ready removes no ready pod', Number(ready) >= 2);
  check('0 failed requests', failed.length === 0);
  check(`a manually deleted policy is restored, after ${healed.toFixed(1)} s`, healed > 0);
  await remove('staging');

  // what a sync waits for without end, in dev
  const pod = (name: string, image: string) => ({ spec: { template: { spec: { containers: [{ name, image }] } } } });
  const generateSecrets = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'generate-secrets' },
    ...pod('store', `${images.auth().split('@')[0]}:missing`),
  };
  // another service's image does not start as a database
  const postgres = {
    ...deployment,
    kind: 'StatefulSet',
    metadata: { name: 'postgres' },
    ...pod('postgres', images.auth()),
  };
  const changed = (how: string) => ({
    ...deployment,
    metadata: { name: 'auth', annotations: { 'devopslocally/drill': how } },
  });
  const operation = async () => (await app('dev')).status?.operationState;
  const waits = async (selector: string, reason: RegExp) =>
    (await operation())?.phase === 'Running' &&
    reason.test(
      await kubectl([
        ...['get', 'pods', '-n', 'devopslocally-dev', '-l', selector],
        ...['-o', 'jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}'],
      ]),
    );
  const rolledBack: Row[] = [];
  for (const { what, patches, reached, window } of [
    {
      what: 'a hook whose image is missing',
      // Argo CD does not compare hooks: a change of nothing else is no change
      patches: [generateSecrets, changed('with a broken hook')],
      reached: () => waits('app.kubernetes.io/name=generate-secrets', /ImagePull/),
      window: [],
    },
    {
      what: 'a broken database image, outside the sync window',
      patches: [postgres],
      reached: () => waits('app.kubernetes.io/name=postgres', /CrashLoopBackOff/),
      window: [{ ...closed, applications: ['dev'] }],
    },
    {
      what: 'an unwanted version that serves, outside the sync window',
      patches: [changed('unwanted')],
      reached: () => inSync('dev'),
      window: [{ ...closed, applications: ['dev'] }],
    },
  ]) {
    edit('dev-released', (kustomization) =>
      (kustomization.patches ??= []).push(...patches.map((patch) => ({ patch: JSON.stringify(patch) }))),
    );
    const bad = await commit(`feat: ${what}`);
    await until(what, 300, async () => (await operation())?.operation?.sync?.revision === bad && (await reached()));
    await applyProject(window);
    if (window.length > 0 && (await operation())?.phase === 'Running') {
      // as `argocd app terminate-op` does, which ends nothing outside the sync window
      const ended = JSON.stringify({ status: { operationState: { phase: 'Terminating' } } });
      await kubectl(['patch', 'application', 'dev', '-n', 'argocd', '--type=merge', `--patch=${ended}`]);
    }
    const begun = Date.now();
    await run('make', ['rollback', 'ENVIRONMENT=dev', `COMMIT=${bad}`], { cwd: work, seconds: 1200 });
    const seconds = (Date.now() - begun) / 1000;
    rolledBack.push({ 'bad commit': what, 'rolled back after s': seconds.toFixed(1) });
    await applyProject([]);
  }
  table(rolledBack);
  // the window that has opened again may have begun another sync
  await settles('dev Synced and Healthy after the rollbacks', 900, 'dev');
  check(
    'what serves, a hook that never ends and a database that never starts are rolled back',
    rolledBack.length === 3,
  );

  // the same by hand, as the page says
  const page = 'docs/runbooks/README.md';
  const variables = { NAMESPACE: 'devopslocally-dev' };
  const byHand = (section: string, block = 0) => shell(codeBlocks(page, section)[block] ?? 'false', variables);
  edit('dev-released', (kustomization) => (kustomization.patches ??= []).push({ patch: JSON.stringify(postgres) }));
  await commit('feat: a broken database image, taken back by hand');
  await until('a sync that waits', 300, () => waits('app.kubernetes.io/name=postgres', /CrashLoopBackOff/));
  await git('revert', '--no-edit', 'HEAD');
  const reverted = await push();
  started = Date.now();
  await byHand('End a running sync');
  await settles('dev Synced and Healthy after the revert by hand', 300, 'dev', reverted);
  check(`a revert by hand takes ${((Date.now() - started) / 1000).toFixed(1)} s`, true);
  // in sync and healthy, it still runs its hooks
  await until('the end of its sync', 300, async () => (await operation())?.phase === 'Succeeded');
  const refused = await byHand('End a running sync').then(
    () => false,
    () => true,
  );
  check('a sync that has ended is not ended again', refused && (await operation())?.phase === 'Succeeded');
  await byHand('Start a sync');
  await until('a sync by hand', 300, async () => {
    const { phase, operation: begun } = (await operation()) ?? {};
    return phase === 'Succeeded' && !begun?.initiatedBy?.automated;
  });

  // for whoever can't push
  const previous = await template('dev');
  const annotated = { spec: { template: { metadata: { annotations: { 'devopslocally/drill': 'unwanted' } } } } };
  edit('dev-released', (kustomization) =>
    (kustomization.patches ??= []).push({ patch: JSON.stringify({ ...deployment, ...annotated }) }),
  );
  await settles('dev with unwanted pods', 300, 'dev', await commit('feat: unwanted pods'));
  await until('the end of its sync', 300, async () => (await operation())?.phase === 'Succeeded');
  const isAutomated = async () => (await app('dev')).spec.syncPolicy.automated !== undefined;
  await byHand('Pause and resume automated sync');
  check('automated sync is paused by hand', !(await isAutomated()));
  const unwanted = await template('dev');
  await shell(
    inlineCommand('docs/runbooks/RolloutFailed.md', 'rollout undo deployment').replace('/NAME', '/auth'),
    variables,
  );
  check('and a Deployment rolled back', unwanted !== previous && (await template('dev')) === previous);
  await byHand('Pause and resume automated sync', 1);
  check('automated sync is resumed by hand', await isAutomated());

  const replicas = () =>
    kubectl(['get', 'deployment', 'auth', '-n', 'devopslocally-dev', '-o', 'jsonpath={.spec.replicas}']);
  const [loop = ''] = codeBlocks(page, "An environment's other services");
  const stop = loop.replace('environment=prod', 'environment=dev');
  await shell(stop);
  check("an environment's services stop", (await replicas()) === '0' && !(await isAutomated()));
  const start = stop
    .replace('replicas=0', 'replicas=1')
    .replace('"automated":null', '"automated":{"prune":true,"selfHeal":true}');
  await shell(start);
  check('and start', (await replicas()) === '1' && (await isAutomated()));

  async function wavesInOrder(namespace: string): Promise<boolean> {
    const kinds =
      'configmaps,services,serviceaccounts,networkpolicies,resourcequotas,limitranges,statefulsets,jobs,deployments,horizontalpodautoscalers,poddisruptionbudgets';
    const { items } = await getJson<{
      items: { metadata: { annotations?: Record<string, string>; creationTimestamp: string } }[];
    }>([kinds, '-n', namespace]);
    const waves = new Map<number, number[]>();
    for (const { metadata } of items) {
      const { 'argocd.argoproj.io/sync-wave': wave, 'argocd.argoproj.io/hook': hook } = metadata.annotations ?? {};
      if (wave === undefined && hook === undefined) {
        continue;
      }
      const order = hook === 'PostSync' ? Infinity : Number(wave);
      waves.set(order, [...(waves.get(order) ?? []), Date.parse(metadata.creationTimestamp)]);
    }
    const inOrder = [...waves].sort(([a], [b]) => a - b).map(([, times]) => times);
    return (
      inOrder.length >= 5 &&
      inOrder.every((times, i) => i === 0 || Math.max(...(inOrder[i - 1] ?? [])) <= Math.min(...times))
    );
  }
});
