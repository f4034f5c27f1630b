// Checks all manifests without a cluster. --server adds a dry run on the API server of the current context.
import { existsSync, globSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { drill } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { build, buildWith, overlays } from '../../tools/lib/kustomize.ts';
import { root } from '../../tools/lib/root.ts';
import { CommandError, run } from '../../tools/lib/run.ts';
import { missingGateways, solverImage, solverObjects } from './lib/acme-solver.ts';
import { loadBroken } from './lib/broken.ts';
import { isVerified, loadVerification } from './lib/kyverno.ts';
import { groupOf, isServed, label, type Manifest, parse } from './lib/manifests.ts';
import { loadPolicies } from './lib/policies.ts';
import { dryRun } from './lib/rejection.ts';
import { checkBuiltIn, checkCustom, isCustom, kubernetesVersions } from './lib/schemas.ts';
import { checkStandIn } from './lib/sealed-secrets-controller.ts';
import { checkSealed } from './lib/sealed.ts';

const { values } = parseArgs({ options: { server: { type: 'boolean', default: false } } });

// kube-score's tests that are skipped, and why: in all overlays, or in one
const everywhere = {
  'container-image-pull-policy': "an image by digest can't change, so pulling it once is enough",
  'deployment-has-host-podantiaffinity':
    'topologySpreadConstraints spread the pods, and let ten pods fit on fewer nodes',
  'statefulset-has-host-podantiaffinity': 'topologySpreadConstraints spread the members',
};
const dev = {
  'container-security-context-readonlyrootfilesystem': 'Skaffold writes sources, the compiler writes dist',
  'horizontalpodautoscaler-replicas': 'Skaffold copies files into a single pod',
};
const monitoring = { 'deployment-replicas': 'the service runs without it, and the Watchdog alert reports its loss' };
const inOverlay: Record<string, Record<string, string>> = {
  dev,
  'dev-released': dev,
  observability: monitoring,
  monitoring,
  'single-sign-on': monitoring,
  tracing: monitoring,
  'prod-standby': {
    'deployment-replicas': 'the passive region is scaled to zero',
    'networkpolicy-targets-pod': 'their Jobs are created when the region is activated',
  },
};

const beforeDeployment = { 'networkpolicy-targets-pod': "a service's pods come with its first image" };

const folders = (path: string) =>
  readdirSync(join(root, path)).filter((name) => existsSync(join(root, path, name, 'kustomization.yaml')));

/** Works on two items at a time, since each keeps one processor busy. */
async function inPairs<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [i, item] of waiting) {
      results[i] = await work(item);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

async function filter<T>(items: T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await inPairs(items, keep);
  return items.filter((_, i) => kept[i]);
}

await drill('verify', async ({ own, log, table, check }) => {
  const problems: string[] = [];
  const report = (where: string, what: string[]) => what.forEach((text) => problems.push(`${where}: ${text}`));
  const clean = (claim: string) => {
    problems.forEach((problem) => log(problem));
    check(claim, problems.length === 0);
    problems.length = 0;
  };

  const deployed = [...overlays(), 'k8s/observability', 'tests/cluster/single-sign-on', 'tests/cluster/tracing'];
  const components = folders('k8s/components');
  // what three of them break, two of them break
  const combinations = Array.from({ length: 2 ** components.length }, (_, bits) =>
    components.filter((_, i) => bits & (1 << i)),
  ).filter(({ length }) => length <= 2 || length === components.length);
  const built = new Map<string, string>();
  const others = [
    'k8s/policies',
    'k8s/platform',
    'k8s/argocd',
    'k8s/argocd/single-sign-on',
    'tests/cluster/image-verification',
    'tests/cluster/environment',
  ];
  await inPairs([...deployed, ...others], (folder) =>
    build(folder).then(
      (yaml) => void built.set(folder, yaml),
      (error: unknown) => report(folder, [String(error)]),
    ),
  );
  await inPairs(combinations, (combination) => {
    const name = ['base', ...combination].join(' + ');
    return buildWith((path) => ({
      resources: [path('k8s/base')],
      components: combination.map((part) => path(`k8s/components/${part}`)),
    })).then(
      (yaml) => void built.set(name, yaml),
      (error: unknown) => report(name, [String(error)]),
    );
  });
  await inPairs(globSync('k8s/services/*/components/*', { cwd: root }), (component) => {
    const base = join(component, '../../base');
    const name = `${base} + ${basename(component)}`;
    return buildWith((path) => ({
      resources: [path(base)],
      components: [path('k8s/overlays/staging/host'), path(component)],
    })).then(
      (yaml) => void built.set(name, yaml),
      (error: unknown) => report(name, [String(error)]),
    );
  });
  const operator = 'k8s/observability/prometheus-operator';
  await buildWith((path) => ({ components: [path(operator)] })).then(
    (yaml) => built.set(operator, yaml),
    (error: unknown) => report(operator, [String(error)]),
  );
  clean(
    `${overlays().length} overlays, k8s/observability without and with single-sign-on and tracing, and each of ${components.length} components, each two and all together render without a warning`,
  );

  const unique = new Map<string, Manifest>();
  for (const yaml of built.values()) {
    for (const manifest of parse(yaml)) {
      unique.set(JSON.stringify(manifest), manifest);
    }
  }
  const manifests = [...unique.values()];
  const builtIn = manifests.filter((manifest) => !isCustom(manifest));
  const custom = manifests.filter(isCustom);
  await inPairs(kubernetesVersions, async (version) => report(version, await checkBuiltIn(builtIn, version)));
  clean(
    `${builtIn.length} manifests of built-in kinds are valid for Kubernetes ${kubernetesVersions.join(', ')}, strictly`,
  );
  for (const manifest of custom) {
    report(label(manifest), await checkCustom(manifest));
  }
  clean(`${custom.length} custom resources are valid by their published schemas, strictly`);

  const policies = await loadPolicies();
  const inOverlays = deployed.map((folder) => ({ folder, manifests: parse(built.get(folder) ?? '') }));
  for (const overlay of inOverlays) {
    const namespace = overlay.manifests.find(({ kind }) => kind === 'Namespace');
    if (!namespace) {
      report(overlay.folder, ['no Namespace']);
    } else {
      for (const manifest of overlay.manifests) {
        report(`${overlay.folder} ${label(manifest)}`, policies(manifest, namespace));
      }
    }
  }
  clean('every overlay, and k8s/observability, satisfies the rules of k8s/policies');

  const { namespaceResourceWhitelist: kinds } = parse(built.get('k8s/argocd') ?? '').find(
    ({ kind, metadata }) => kind === 'AppProject' && metadata.name === 'devopslocally',
  )?.spec as { namespaceResourceWhitelist: { group: string; kind: string }[] };
  const deployable = (manifest: Manifest) =>
    manifest.kind === 'Namespace' ||
    kinds.some(({ group, kind }) => group === groupOf(manifest) && kind === manifest.kind);
  for (const [name, yaml] of built) {
    if (name.includes('base + ') || name === 'base') {
      const refused = parse(yaml).filter((manifest) => !deployable(manifest));
      report(name, [...new Set(refused.map(({ kind }) => kind))]);
    }
  }
  clean("Argo CD's project permits every kind of the base and its components");

  const solved = new Set<string>();
  for (const { folder, manifests } of inOverlays.filter(({ folder }) =>
    ['staging', 'prod'].includes(basename(folder)),
  )) {
    const namespace = manifests.find(({ kind }) => kind === 'Namespace');
    for (const object of namespace ? await solverObjects(namespace.metadata.name) : []) {
      const schema = isCustom(object)
        ? await checkCustom(object)
        : await checkBuiltIn([object], kubernetesVersions[0] ?? '');
      report(`${folder} ${label(object)}`, [...schema, ...(namespace ? policies(object, namespace) : [])]);
      solved.add(object.kind);
    }
  }
  for (const { folder, manifests } of inOverlays) {
    const missing = await missingGateways(manifests);
    report(
      folder,
      missing.map((name) => `no Gateway ${name}, through which a Certificate's challenge would be solved`),
    );
  }
  report(
    'k8s/platform',
    ['Pod', 'Service', 'HTTPRoute', 'Ingress']
      .filter((kind) => !solved.has(kind))
      .map((kind) => `no ${kind} of a solver`),
  );
  clean(
    'staging and prod admit what cert-manager creates to solve a challenge, by Gateway API and by Ingress; each Gateway for it exists',
  );

  const verification = await loadVerification();
  const inEnvironments = [...built]
    .filter(([name]) => name.includes('base'))
    .flatMap(([, yaml]) => [...yaml.matchAll(/^[ -]*image: (\S+)$/gm)].map(([, image]) => image ?? ''));
  const used = new Set([...inEnvironments, solverImage]);
  for (const image of used) {
    const ours = image.startsWith('devopslocally/');
    if (ours !== isVerified(verification, image)) {
      report(image, [ours ? 'its signature is not verified at admission' : 'not ours, but its signature is verified']);
    }
  }
  clean(`of ${used.size} images, the signatures of all that are ours are verified at admission, and of no others`);

  const sealed = inOverlays.filter(({ folder }) => existsSync(join(root, folder, 'sealed-secrets')));
  for (const { folder, manifests } of sealed) {
    report(folder, checkSealed(folder, manifests));
  }
  clean(`${sealed.length} overlays have secrets sealed with the certificate beside them`);

  report('stand-ins/sealed-secrets.yaml', checkStandIn(parse(built.get('k8s/argocd') ?? '')));
  clean("the drills' Sealed Secrets controller has the names that k8s/argocd gives it");

  await inPairs(inOverlays, async ({ folder, manifests }) => {
    const isDeployed = manifests.some(({ kind }) => kind === 'Deployment');
    const exceptions = { ...everywhere, ...inOverlay[basename(folder)], ...(!isDeployed && beforeDeployment) };
    const ignored = Object.keys(exceptions).flatMap((test) => ['--ignore-test', test]);
    const options = ['--exit-one-on-warning', '--output-format', 'ci', ...ignored];
    await run('kube-score', ['score', ...options, '-'], { input: built.get(folder) }).catch((error: unknown) => {
      // the error's message has only the last lines
      if (!(error instanceof CommandError)) {
        throw error;
      }
      report(
        folder,
        error.output.split('\n').filter((line) => !/^\[(OK|SKIPPED)\]|^$/.test(line)),
      );
    });
  });
  clean('kube-score finds nothing beyond the exceptions');

  const broken = await loadBroken();
  const rejections = await inPairs(broken, async ({ file, rule, manifest, namespace }) => {
    const bySchema = isCustom(manifest)
      ? await checkCustom(manifest)
      : await checkBuiltIn([manifest], kubernetesVersions[0] ?? '');
    const by =
      bySchema.length > 0 ? ['schema'] : policies(manifest, namespace).map((message) => message.split(':')[0] ?? '');
    if (by.join() !== rule) {
      report(file, [`rejected by ${by.join(', ') || 'nothing'}`]);
    }
    return { broken: file, 'rejected by': by.join(', ') || 'nothing' };
  });
  table(rejections);
  clean(`${broken.length} broken manifests are rejected, each by the rule that it is named after and no other`);

  if (values.server) {
    for (const { folder } of inOverlays) {
      const name = await own(`drill-verify-${folder.replace(/^k8s\/(services\/)?/, '').replaceAll('/', '-')}`);
      await kubectl(['create', 'namespace', name]);
      const yaml = await buildWith((path) => ({ resources: [path(folder)], namespace: name }));
      const accepted = await filter(parse(yaml), isServed);
      await apply({ apiVersion: 'v1', kind: 'List', items: accepted }, ['--dry-run=server']).catch((error: unknown) =>
        report(folder, [String(error)]),
      );
      log(
        `${folder}: ${accepted.length} objects sent, ${parse(yaml).length - accepted.length} skipped, whose kinds this server does not have`,
      );
    }
    clean('the API server accepts every overlay in a dry run');
    if (await isServed(verification)) {
      const prod = parse(built.get('k8s/overlays/prod') ?? '');
      const name = await own('drill-verify-signatures');
      const labels = prod.find(({ kind }) => kind === 'Namespace')?.metadata.labels;
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      const deployment = JSON.stringify(prod.find(({ kind }) => kind === 'Deployment'));
      const others = [...used].find((image) => !isVerified(verification, image) && image.includes('@')) ?? '';
      // pinned, and signed by others if at all
      const [, foreign = ''] = /image: (\S+@sha256:\w+)/.exec(built.get('k8s/observability') ?? '') ?? [];
      const admit = (image: string) => {
        const object = JSON.parse(deployment.replace(/"image":"[^"]+"/g, `"image":"${image}"`)) as Manifest;
        return dryRun({ ...object, metadata: { ...object.metadata, namespace: name } });
      };
      const [exempt, unsigned] = [await admit(others), await admit(foreign)];
      table([
        { image: others, 'rejected by': exempt },
        { image: foreign, 'rejected by': unsigned },
      ]);
      check(
        'an image without the signature of the workflow is refused',
        exempt === 'accepted' && unsigned === 'image-signature',
      );
    }
  }
});
