// Runs the chain of the deploy workflow: build, push, a commit that sets the digest, Argo CD, smoke test. A broken release is
// rolled back, also one whose database never starts, and promotion is a commit. A generated service is deployed into a namespace of its
// own, and taken back alone.
//   GITOPS_ROOT: a folder that the cluster's Argo CD can clone from by file://.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse as parseYaml, stringify } from 'yaml';
import { syncNow } from '../../tools/deploy/argo-cd.ts';
import { deploy, type Result } from '../../tools/deploy/deploy.ts';
import { type Images, parseImages, Repository } from '../../tools/deploy/repository.ts';
import { type Watch, watchApplication } from '../../tools/deploy/watch.ts';
import { copyRepository } from '../../tools/lib/copy-repository.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { servicePods } from './lib/environment.ts';
import { type Manifest } from './lib/manifests.ts';
import { failures, gatewayNamespace, startTraffic } from './lib/traffic.ts';

interface AppProject extends Manifest {
  spec: { destinations: { namespace: string }[] };
}

interface Application extends Manifest {
  spec: {
    project: string;
    source: { repoURL: string; path: string };
    destination: { namespace: string };
    syncPolicy: { retry: { limit: number } };
  };
}

const name = 'drill-deploy';
const service = 'order-history';
const serviceNamespace = `devopslocally-${service}-dev`;
const gitRoot = process.env['GITOPS_ROOT'];

await drill('deploy', async ({ own, after, log, table, check }) => {
  if (!gitRoot) {
    throw new Error("GITOPS_ROOT is not set: a folder that the cluster's Argo CD can clone from by file://");
  }
  await own(name);
  await own(serviceNamespace);

  // a copy of the repository, with an environment of its own
  const work = mkdtempSync(join(tmpdir(), 'deploy-'));
  const bare = join(gitRoot, `${name}.git`);
  after(async () => [work, bare].forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  rmSync(bare, { recursive: true, force: true });
  await copyRepository(work);
  const read = (path: string) => readFileSync(join(work, path), 'utf8');
  const write = (path: string, text: string) => writeFileSync(join(work, path), text);

  const overlay = 'k8s/overlays/dev-released/kustomization.yaml';
  // a deployment that never becomes ready fails sooner than in production
  const failSooner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'auth' },
    spec: { progressDeadlineSeconds: 30 },
  };
  const { patches = [], ...kustomization } = parseYaml(read(overlay)) as { patches?: object[] };
  patches.push({ patch: JSON.stringify(failSooner) });
  write(overlay, stringify({ ...kustomization, namespace: name, patches }));
  const applications = new Map<string, Application>();
  /** Adds an Application of the drill, after one of dev. */
  const addApplication = (of: string, named: string, namespace: string) => {
    const application = parseYaml(read(`k8s/argocd/application-${of}.yaml`)) as Application;
    application.metadata = { ...application.metadata, name: named, namespace: 'argocd' };
    application.spec.project = name;
    application.spec.source.repoURL = `file://${bare}`;
    application.spec.destination.namespace = namespace;
    application.spec.syncPolicy.retry.limit = 1;
    write(`k8s/argocd/application-${named}.yaml`, stringify(application));
    applications.set(named, application);
    after(() => kubectl(['delete', 'application', named, '-n', 'argocd', '--ignore-not-found']));
  };
  addApplication('dev', name, name);

  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  const repository = new Repository(work);
  await repository.git('init', '--quiet', '--initial-branch=main');
  await repository.git('remote', 'add', 'origin', bare);
  const commit = async (message: string) => {
    await repository.git('add', '--all');
    await repository.git('commit', '--quiet', '--no-verify', '--message', message);
    await repository.git('push', '--quiet', 'origin', 'main');
  };
  await commit('chore: the repository');

  const project = parseYaml(read('k8s/argocd/app-project.yaml')) as AppProject;
  await apply({
    ...project,
    metadata: { name, namespace: 'argocd' },
    spec: {
      ...project.spec,
      sourceRepos: [`file://${bare}`],
      destinations: [name, serviceNamespace].map((namespace) => ({ ...project.spec.destinations[0], namespace })),
      syncWindows: [],
    },
  });
  after(() => kubectl(['delete', 'appproject', name, '-n', 'argocd', '--wait=false']));

  /** Does what `make publish` does in the workflow. */
  const publish = async (): Promise<Images> => {
    const output = await run(join(root, 'tools/deploy/publish.sh'), [], {
      cwd: work,
      seconds: 600,
      env: { ...process.env, GITHUB_OUTPUT: '' },
    });
    return parseImages(/^IMAGES=(.+)$/m.exec(output)?.[1] ?? '');
  };
  const announced = new Map<string, string>();
  const watch: Watch = async (named, commits) => {
    const [commit = ''] = commits;
    // an Application is created with its first release, before which there are no images
    if (!announced.has(named)) {
      await apply(applications.get(named) ?? {});
    }
    // stands in for the repository's webhook
    else if (announced.get(named) !== commit) {
      const refresh = 'argocd.argoproj.io/refresh=normal';
      await kubectl(['annotate', 'application', named, '-n', 'argocd', '--overwrite', refresh]);
    }
    announced.set(named, commit);
    return watchApplication(named, commits);
  };
  const rows: Row[] = [];
  const release = async (what: string, timeoutSeconds = 420) => {
    const started = Date.now();
    const images = await publish();
    const built = (Date.now() - started) / 1000;
    const results: Result[] = [];
    for (const [environment, own] of repository.applicationImages(name, images)) {
      const result = await deploy({ repository, environment, images: own, watch, sync: syncNow, log, timeoutSeconds });
      results.push(result);
      rows.push({
        release: what,
        application: environment,
        'build, push s': built.toFixed(0),
        'verdict s': result.seconds.toFixed(0),
        'commit to verdict s': (built + result.seconds).toFixed(0),
        'rolled back s': result.rollbackSeconds?.toFixed(0) ?? '-',
      });
      if (result.rolledBack !== undefined) {
        break;
      }
    }
    return { images, rolledBack: results.at(-1)?.rolledBack, applications: results.length };
  };

  const first = await release('first, into an empty namespace');
  check('the first release serves requests', first.rolledBack === undefined);

  const app = 'apps/auth/src/app.ts';
  write(app, read(app).replace("title: 'auth'", "title: 'auth, the second release'"));
  await commit('feat: another title');
  const second = await release('second, a change');
  check(
    'the second release serves requests',
    second.rolledBack === undefined && (await title()) === 'auth, the second release',
  );

  check(
    'an unchanged image is not built again',
    first.images['devopslocally/postgres'] === second.images['devopslocally/postgres'],
  );

  await run('node', [join(root, 'tools/new-service/main.ts'), service], { cwd: work, seconds: 120 });
  const deployment = `k8s/services/${service}/base/deployment.yaml`;
  write(deployment, read(deployment).replace('progressDeadlineSeconds: 300', 'progressDeadlineSeconds: 30'));
  const serviceOverlay = `k8s/services/${service}/overlays/dev/kustomization.yaml`;
  write(serviceOverlay, read(serviceOverlay).replaceAll(/(auth\.|value: )devopslocally-dev/g, `$1${name}`));
  addApplication(`${service}-dev`, `${service}-${name}`, serviceNamespace);
  await commit('feat: another service');
  const both = await release('third, with a generated service');
  const running = () =>
    kubectl([
      ...['get', 'pods', '-n', serviceNamespace, '-l', 'app.kubernetes.io/component=api'],
      ...['-o', 'jsonpath={.items[*].status.containerStatuses[0].ready}'],
    ]);
  check(
    'a generated service runs in its own namespace, by its own Application',
    both.rolledBack === undefined && both.applications === 2 && (await running()) === 'true',
  );
  const start = `apps/${service}/src/main.ts`;
  write(start, `process.exit(1);\n${read(start)}`);
  await commit('feat: the other service exits at its start');
  const pods = await servicePods(name);
  const brokenService = await release('fourth, whose generated service exits at its start');
  log(`rolled back because: ${brokenService.rolledBack ?? 'it was not'}`);
  check(
    "the service was rolled back alone, and the environment's pods are the same",
    brokenService.rolledBack !== undefined &&
      isDeepStrictEqual(await servicePods(name), pods) &&
      (await running()) === 'true',
  );

  const gateway = await own('drill-deploy-gateway');
  await gatewayNamespace(gateway);
  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${name}`,
    mix: { me: 5, refresh: 2 },
  });
  write('apps/auth/src/main.ts', `process.exit(1);\n${read('apps/auth/src/main.ts')}`);
  await commit('feat: exits at its start');
  const broken = await release('fifth, exits at its start');
  log(`rolled back because: ${broken.rolledBack ?? 'it was not'}`);
  const requests = await traffic.stop();

  write('images/postgres/entrypoint.sh', '#!/bin/bash\nexit 1\n');
  await commit('feat: a database that never starts');
  // Argo CD waits for it without end
  const noDatabase = await release('sixth, a database that never starts', 90);
  table(rows);
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  check(
    'the broken releases were rolled back',
    ![broken, noDatabase].some(({ rolledBack }) => rolledBack === undefined),
  );
  check('the second release still serves requests', (await title()) === 'auth, the second release');
  check(`0 of ${requests.length} requests failed`, requests.length > 0 && failed.length === 0);
  check('Git names the images that are running', isDeepStrictEqual(repository.images(name), both.images));

  const [[, images] = ['', {}]] = repository.applicationImages('staging', both.images);
  await repository.setImages('staging', images);
  const changed = await repository.git('show', '--name-only', '--format=%s', 'HEAD');
  check(
    'promotion to staging is one commit to one file, with the same digests',
    changed.trim().split(/\n+/).join() === 'chore(staging): deploy,k8s/overlays/staging/kustomization.yaml' &&
      isDeepStrictEqual(repository.images('staging'), images),
  );

  /** The title of the deployed API. */
  async function title(): Promise<string> {
    const forward = spawn('kubectl', ['port-forward', '-n', name, 'service/auth', ':80']);
    try {
      let output = '';
      forward.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      const port = await until('port-forward', 300, async () => /127\.0\.0\.1:(\d+)/.exec(output)?.[1], 100);
      const response = await fetch(`http://127.0.0.1:${port}/docs/openapi.json`, {
        signal: AbortSignal.timeout(60_000),
      });
      return ((await response.json()) as { info: { title: string } }).info.title;
    } finally {
      forward.kill();
    }
  }
});
