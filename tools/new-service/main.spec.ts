import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments, parseDocument } from 'yaml';
import { setImages } from '../deploy/overlay.ts';
import { environments, Repository } from '../deploy/repository.ts';
import { root } from '../lib/root.ts';

const newService = (folder: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'tools/new-service/main.ts'), ...args], { cwd: folder, encoding: 'utf8' });

describe('npm run new:service', () => {
  it.each([
    ['apps/auth/main.ts', 'auth', 'apps/auth already exists'],
    ['k8s/base/postgres/service.yaml', 'postgres', 'k8s/base/postgres already exists'],
    ['k8s/components/ingress/ingress.yaml', 'ingress', 'k8s/components/ingress already exists'],
    ['k8s/base/resource-quota.yaml', 'resource-quota', 'k8s/base/resource-quota.yaml already exists'],
    ['k8s/overlays/dev/kustomization.yaml', 'dev', 'k8s/overlays/dev already exists'],
    [
      'k8s/components/gateway-tls/http-route.yaml',
      'account',
      'k8s/components/gateway-tls/http-route.yaml routes /account to auth',
    ],
    [
      'k8s/base/limit-range.yaml',
      'order-database',
      "order-database would be taken for a part of another service's database: choose another ending",
    ],
  ])('beside %s refuses the name %s', (file, name, refusal) => {
    const folder = mkdtempSync(join(tmpdir(), 'new-service-'));
    try {
      const text = '- { path: { type: PathPrefix, value: /account } }';
      for (const path of ['k8s/README.md', file]) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      const { status, stdout, stderr } = newService(folder, name);
      expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: `${refusal}\n` });
      expect(readFileSync(join(folder, file), 'utf8')).toBe(text);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

interface Kustomization {
  namespace: string;
  resources: string[];
  images: { name: string; newName: string; digest: string }[];
  patches?: { target?: { labelSelector?: string } }[];
  configMapGenerator: { name: string; literals: string[] }[];
}

interface Skaffold {
  manifests: { kustomize: { paths: string[] } };
  deploy: { kubectl: { hooks: { before: { host: { command: string[] } }[] } } };
  build: { artifacts: { image: string }[] };
  profiles: {
    name: string;
    manifests?: { kustomize: { paths: string[] } };
    patches: { path: string; value: unknown }[];
  }[];
}

describe('a generated service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'new-service-'));
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const kustomization = (path: string) => parse(read(`${path}/kustomization.yaml`)) as Kustomization;
  const services = ['order-history', 'order-archive'];

  beforeAll(() => {
    for (const path of ['k8s', 'package.json', 'nest-cli.json', 'skaffold.yaml']) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    const results = [newService(folder, 'order-history'), newService(folder, 'order-archive', '--database')];
    expect(results.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      results.map(() => ({ status: 0, stderr: '' })),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(environments)('has in %s a namespace, a quota and an Argo CD Application of its own', (environment) => {
    const project = parse(read('k8s/argocd/app-project.yaml')) as { spec: { destinations: { namespace: string }[] } };
    const permitted = project.spec.destinations.map(({ namespace }) => namespace);
    for (const service of services) {
      const name = `${service}-${environment}`;
      const namespace = `devopslocally-${name}`;
      const application = parse(read(`k8s/argocd/application-${name}.yaml`)) as {
        metadata: { name: string };
        spec: { source: { path: string }; destination: { namespace: string } };
      };
      expect(application).toMatchObject({ metadata: { name }, spec: { destination: { namespace } } });
      expect(permitted).toContain(namespace);
      expect(kustomization('k8s/argocd').resources).toContain(`application-${name}.yaml`);
      expect(kustomization(`k8s/services/${service}/overlays/${environment}`).namespace).toBe(namespace);
      expect(kustomization(`k8s/services/${service}/base`).resources).toEqual(
        expect.arrayContaining(['../../../namespace', 'resource-quota.yaml']),
      );
    }
  });

  it.each(environments)('is admitted in %s by its namespace, to auth and to its database', (environment) => {
    const { resources } = kustomization(`k8s/overlays/${environment}`);
    const files = ['order-history.yaml', 'order-archive.yaml', 'order-archive-database.yaml'];
    expect(resources.filter((file) => file.startsWith('order-'))).toEqual(files);
    for (const file of files) {
      const [service] = services.filter((name) => file.startsWith(name));
      expect(parse(read(`k8s/overlays/${environment}/${file}`))).toMatchObject({
        spec: {
          podSelector: { matchLabels: { 'app.kubernetes.io/name': file.includes('database') ? 'postgres' : 'auth' } },
          ingress: [
            {
              from: [
                {
                  namespaceSelector: {
                    matchLabels: { 'kubernetes.io/metadata.name': `devopslocally-${service}-${environment}` },
                  },
                },
              ],
            },
          ],
        },
      });
    }
  });

  it.each(['dev-released', 'staging', 'prod'])(
    'enters %s with its first image, which later ones replace',
    (overlay) => {
      const path = `k8s/services/order-history/overlays/${overlay}`;
      const { patches: [...patches] = [], ...before } = kustomization(path);
      expect(before.images).toEqual([]);
      expect(patches.pop()).toMatchObject({ target: { labelSelector: 'app.kubernetes.io/name=order-history' } });
      const document = parseDocument(read(`${path}/kustomization.yaml`));
      const [newName, digest] = ['registry.example.com/devopslocally/order-history', `sha256:${'1'.repeat(64)}`];
      setImages(document, { 'devopslocally/order-history': `${newName}@sha256:${'2'.repeat(64)}` });
      setImages(document, { 'devopslocally/order-history': `${newName}@${digest}` });
      expect(parse(document.toString())).toEqual({
        ...before,
        ...(patches.length > 0 && { patches }),
        images: [{ name: 'devopslocally/order-history', newName, digest }],
      });
      const mistyped = { 'devopslocally/order-histroy': `${newName}@${digest}` };
      expect(() => setImages(document, mistyped)).toThrow('order-histroy');
    },
  );

  it('is deployed by its own Application, after the environment', () => {
    const reference = (name: string) => `registry.example.com/${name}@sha256:${'1'.repeat(64)}`;
    const names = ['postgres', 'order-archive', 'auth'].map((name) => `devopslocally/${name}`);
    const images = Object.fromEntries(names.map((name) => [name, reference(name)]));
    const own = (...chosen: string[]) => Object.fromEntries(chosen.map((name) => [name, reference(name)]));
    expect(new Repository(folder).applicationImages('prod', images)).toEqual([
      ['prod', own('devopslocally/postgres', 'devopslocally/auth')],
      ['order-archive-prod', own('devopslocally/order-archive')],
    ]);
  });

  it('is deployed by Skaffold, live-coded into its own pod, and its Jobs are replaced', () => {
    const { manifests, deploy, build, profiles } = parse(read('skaffold.yaml')) as Skaffold;
    const overlays = (overlay: string) => [
      `k8s/overlays/${overlay}`,
      ...services.map((service) => `k8s/services/${service}/overlays/${overlay}`),
    ];
    expect(manifests.kustomize.paths).toEqual(overlays('dev'));
    const hooks = deploy.kubectl.hooks.before.map(({ host }) => host.command.slice(1).join(' '));
    const deletes = (namespace: string) =>
      `--namespace=${namespace} delete job --selector=devopslocally/job=deployment`;
    expect(hooks).toEqual(
      ['', ...services.map((service) => `-${service}`)].map((part) => deletes(`devopslocally${part}-dev`)),
    );
    for (const profile of profiles.filter(({ name }) => name !== 'dev')) {
      expect(profile.manifests?.kustomize.paths).toEqual(overlays(profile.name));
      expect(profile.patches.filter(({ path }) => path.includes('/hooks/')).map(({ value }) => value)).toEqual(
        ['', ...services.map((service) => `-${service}`)].map(
          (part) => `--namespace=devopslocally${part}-${profile.name}`,
        ),
      );
    }
    const patches = profiles.find(({ name }) => name === 'dev')?.patches ?? [];
    for (const service of services) {
      const artifact = build.artifacts.findIndex(({ image }) => image === `devopslocally/${service}`);
      const patched = (field: string) =>
        patches.find(({ path }) => path === `/build/artifacts/${artifact}/${field}`)?.value;
      expect(patched('docker/target')).toBe('dev');
      const sources = [`apps/${service}/src/*.ts`, `apps/${service}/src/[^d]*/**/*.ts*`, 'libs/**/*.ts'];
      expect(patched('sync')).toEqual({ manual: sources.map((src) => ({ src, dest: '.' })) });
      const dev = read(`k8s/services/${service}/overlays/dev/kustomization.yaml`);
      expect(dev).toContain('maxReplicas: 1');
      expect(dev).toContain('readOnlyRootFilesystem: false');
    }
  });

  it.each(['staging', 'prod'])('has a route in %s, in the Gateway of the environment, or an Ingress', (environment) => {
    const folder = 'k8s/services/order-history';
    const overlay = parse(read(`${folder}/overlays/${environment}/kustomization.yaml`)) as {
      components: string[];
      patches: { target: { kind?: string }; patch: string }[];
    };
    expect(overlay.components).toContain('../../components/gateway-tls');
    const patch = overlay.patches.find(({ target }) => target.kind === 'HTTPRoute')?.patch ?? '';
    expect(parse(patch)).toEqual([
      { op: 'replace', path: '/spec/parentRefs/0/namespace', value: `devopslocally-${environment}` },
    ]);
    expect(parse(read(`${folder}/components/gateway-tls/http-route.yaml`))).toMatchObject({
      spec: { rules: [{ matches: [{ path: { value: '/order-history' } }] }] },
    });
    expect(parse(read(`${folder}/components/ingress/ingress.yaml`))).toMatchObject({
      spec: { rules: [{ http: { paths: [{ path: '/order-history' }] } }] },
    });
  });

  it('has a label on each of its Jobs, by which they are found', () => {
    const jobs = globSync('k8s/services/**/*.yaml', { cwd: folder })
      .flatMap((path) => parseAllDocuments(read(path)).map((text) => text.toJS() as { kind: string } | null))
      .filter((manifest) => manifest?.kind === 'Job');
    const label = { metadata: { labels: { 'devopslocally/job': 'deployment' } } };
    expect(jobs).toMatchObject([label, label, label]);
  });

  it('with a database has a role, a password, a Secret and its share of the connections in dev', () => {
    const permitted = parseAllDocuments(read('k8s/services/order-archive/overlays/dev/generated-secret.yaml'));
    expect(permitted[0]?.toJS()).toMatchObject({ rules: [{}, { resourceNames: ['order-archive'] }] });
    expect(read('k8s/components/generated-secrets/generate.sh')).toContain('\ndatabases=(auth order-archive)\n');
    expect(kustomization('k8s/overlays/dev').configMapGenerator).toContainEqual({
      name: 'postgres-settings',
      behavior: 'merge',
      literals: ['DATABASES=auth,order-archive', 'CONNECTIONS_PER_DATABASE=53'],
    });
  });
});
