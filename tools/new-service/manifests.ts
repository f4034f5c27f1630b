import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import { exclude } from '../deploy/overlay.ts';

/** Adds a service to the existing manifests. Returns their paths and new texts. */
export function addToManifests(root: string, name: string): [string, string][] {
  const image = `devopslocally/${name}`;
  const changes: Change[] = [
    ['k8s/base/kustomization.yaml', append(['resources'], name)],
    ['k8s/base/network-policies/kustomization.yaml', append(['resources'], `${name}.yaml`)],
    [
      'k8s/overlays/dev/kustomization.yaml',
      inTurn(
        append(['images'], { name: image, newTag: 'dev' }),
        append(['configMapGenerator'], { name: `${name}-config`, behavior: 'merge', literals: devSettings }),
        append(['patches'], ...devPatches(name).map((patch) => ({ patch }))),
      ),
    ],
    ['k8s/components/gateway-tls/kustomization.yaml', append(['resources'], `http-route-${name}.yaml`)],
    [
      'k8s/components/ingress/ingress.yaml',
      append(['spec', 'rules', 0, 'http', 'paths'], {
        path: `/${name}`,
        pathType: 'Prefix',
        backend: { service: { name, port: { name: 'http' } } },
      }),
    ],
    ...['dev-released', 'staging', 'prod'].map((overlay): Change => [
      `k8s/overlays/${overlay}/kustomization.yaml`,
      (document) => exclude(document, name),
    ]),
    [
      'k8s/overlays/prod-standby/kustomization.yaml',
      append(
        ['patches'],
        {
          target: { kind: 'HorizontalPodAutoscaler', name },
          patch: '$patch: delete\nkind: ignored\nmetadata: {name: ignored}\n',
        },
        {
          target: { kind: 'Deployment', name },
          patch: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {replicas: 0}\n`,
        },
      ),
    ],
    [
      'skaffold.yaml',
      inTurn(
        append(['build', 'artifacts'], {
          image,
          docker: { dockerfile: 'images/auth.Dockerfile', target: 'production', buildArgs: { APP: name } },
        }),
        liveCode(name),
      ),
    ],
  ];
  return apply(root, changes);
}

/**
 * Adds the service's database, after the service itself, where secrets are generated: in dev. Elsewhere, PostgreSQL would not start
 * before the password is sealed. Returns paths and new texts.
 */
export function addDatabase(root: string, name: string): [string, string][] {
  const script = 'k8s/components/generated-secrets/generate.sh';
  const text = readFileSync(join(root, script), 'utf8').replace(/^databases=\(([^)]*)/m, `$& ${name}`);
  const databases = (/^databases=\(([^)]*)/m.exec(text)?.[1] ?? '').split(' ');
  const settings = [
    `DATABASES=${databases.join(',')}`,
    `CONNECTIONS_PER_DATABASE=${Math.floor(availableConnections / databases.length)}`,
  ];
  return [
    [script, text],
    ...apply(root, [
      ['k8s/base/network-policies/kustomization.yaml', append(['resources'], `${name}-database.yaml`)],
      ['k8s/components/generated-secrets/role.yaml', append(['rules', 1, 'resourceNames'], name)],
      [
        'k8s/overlays/dev/kustomization.yaml',
        (document) => {
          const generators = document.get('configMapGenerator') as YAMLSeq<YAMLMap>;
          const generator = { name: 'postgres-settings', behavior: 'merge', literals: settings };
          const index = generators.items.findIndex((item) => item.get('name') === generator.name);
          generators.set(index === -1 ? generators.items.length : index, document.createNode(generator));
        },
      ],
    ]),
  ];
}

/** Of PostgreSQL, without those of maintenance, monitoring and the superuser: see images/postgres/credentials.sh. */
const availableConnections = 107;

type Change = [path: string, change: (document: Document) => void];

const apply = (root: string, changes: Change[]): [string, string][] =>
  changes.map(([path, change]) => {
    const document = parseDocument(readFileSync(join(root, path), 'utf8'));
    change(document);
    return [path, document.toString({ lineWidth: 0 })];
  });

const devSettings = [
  'NODE_ENV=development',
  'LOG_LEVEL=debug',
  'SHUTDOWN_DELAY_SECONDS=0',
  'SHUTDOWN_TIMEOUT_SECONDS=2',
  'NODE_COMPILE_CACHE=/tmp/compile-cache',
  'NODE_OPTIONS=--max-semi-space-size=32',
];

/** What the overlay dev changes for live coding: one pod, which compiles and restarts in place. */
const devPatches = (name: string) => [
  `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}}
spec: {minReplicas: 1, maxReplicas: 1}
`,
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  template:
    metadata:
      annotations:
        debug.cloud.google.com/config: '{"${name}":{"runtime":"nodejs","ports":{"devtools":9229}}}'
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: ${name}
        resources: {limits: {cpu: "2", memory: 1536Mi, ephemeral-storage: 512Mi}}
        securityContext: {readOnlyRootFilesystem: false}
        livenessProbe: {failureThreshold: 30}
        lifecycle: {preStop: null}
`,
];

/** Has Skaffold's profile dev copy the service's sources into its own pod, except migrations, which a deployment applies. */
function liveCode(name: string): (document: Document) => void {
  return (document) => {
    const { build, profiles } = document.toJS() as { build: { artifacts: unknown[] }; profiles: { name: string }[] };
    const artifact = `/build/artifacts/${build.artifacts.length - 1}`;
    const sources = [`apps/${name}/src/*.ts`, `apps/${name}/src/[^d]*/**/*.ts*`, 'libs/**/*.ts'];
    append(
      ['profiles', profiles.findIndex((profile) => profile.name === 'dev'), 'patches'],
      { op: 'replace', path: `${artifact}/docker/target`, value: 'dev' },
      { op: 'add', path: `${artifact}/sync`, value: { manual: sources.map((src) => ({ src, dest: '.' })) } },
    )(document);
  };
}

const inTurn =
  (...changes: ((document: Document) => void)[]) =>
  (document: Document): void =>
    changes.forEach((change) => change(document));

/** Returns a change that appends items to the list at `path`. */
function append(path: (string | number)[], ...items: unknown[]): (document: Document) => void {
  return (document) => {
    const list = document.getIn(path);
    if (!(list instanceof YAMLSeq)) {
      throw new Error(`${path.join('.')} is not a list`);
    }
    for (const item of items) {
      list.add(document.createNode(item));
    }
  };
}
