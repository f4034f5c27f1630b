import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import { environments } from '../deploy/repository.ts';

/** The environments that run what another one has run. */
export const promoted = environments.slice(1);

const namespaceOf = (name: string, environment: string) => `devopslocally-${name}-${environment}`;

/** Adds a service to the existing manifests. Returns their paths and new texts. */
export function addToManifests(root: string, name: string): [string, string][] {
  const image = `devopslocally/${name}`;
  const overlay = (environment: string) => `k8s/services/${name}/overlays/${environment}`;
  const changes: Change[] = [
    ...environments.map((environment): Change => [
      `k8s/overlays/${environment}/kustomization.yaml`,
      append(['resources'], `${name}.yaml`),
    ]),
    [
      'k8s/argocd/app-project.yaml',
      (document) => {
        const server = document.getIn(['spec', 'destinations', 0, 'server']);
        const destinations = environments.map((environment) => ({ server, namespace: namespaceOf(name, environment) }));
        append(['spec', 'destinations'], ...destinations)(document);
      },
    ],
    [
      'k8s/argocd/kustomization.yaml',
      append(['resources'], ...environments.map((environment) => `application-${name}-${environment}.yaml`)),
    ],
    [
      'skaffold.yaml',
      inTurn(
        append(['build', 'artifacts'], {
          image,
          docker: { dockerfile: 'images/auth.Dockerfile', target: 'production', buildArgs: { APP: name } },
        }),
        append(['manifests', 'kustomize', 'paths'], overlay('dev')),
        liveCode(name),
        deleteJobs(name),
        ...promoted.map((environment) =>
          inProfile(environment, ['manifests', 'kustomize', 'paths'], overlay(environment)),
        ),
      ),
    ],
  ];
  // as the environment's own
  const applications = environments.map((environment): [string, string] => {
    const document = read(root, `k8s/argocd/application-${environment}.yaml`);
    document.setIn(['metadata', 'name'], `${name}-${environment}`);
    document.setIn(['spec', 'source', 'path'], overlay(environment === 'dev' ? 'dev-released' : environment));
    document.setIn(['spec', 'destination', 'namespace'], namespaceOf(name, environment));
    return [`k8s/argocd/application-${name}-${environment}.yaml`, document.toString({ lineWidth: 0 })];
  });
  return [...apply(root, changes), ...applications];
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
  const share = (document: Document) => {
    const generators = document.get('configMapGenerator') as YAMLSeq<YAMLMap>;
    const generator = { name: 'postgres-settings', behavior: 'merge', literals: settings };
    const index = generators.items.findIndex((item) => item.get('name') === generator.name);
    generators.set(index === -1 ? generators.items.length : index, document.createNode(generator));
  };
  const permit = append(['resources'], `${name}-database.yaml`);
  return [
    [script, text],
    ...apply(root, [
      ['k8s/overlays/dev/kustomization.yaml', inTurn(permit, share)],
      ...promoted.map((environment): Change => [`k8s/overlays/${environment}/kustomization.yaml`, permit]),
    ]),
  ];
}

/** Of PostgreSQL, without those of maintenance, monitoring and the superuser: see images/postgres/credentials.sh. */
const availableConnections = 107;

type Change = [path: string, change: (document: Document) => void];

const read = (root: string, path: string): Document => parseDocument(readFileSync(join(root, path), 'utf8'));

const apply = (root: string, changes: Change[]): [string, string][] =>
  changes.map(([path, change]) => {
    const document = read(root, path);
    change(document);
    return [path, document.toString({ lineWidth: 0 })];
  });

/** Has Skaffold's profile dev copy the service's sources into its own pod, except migrations, which a deployment applies. */
function liveCode(name: string): (document: Document) => void {
  return (document) => {
    const { build } = document.toJS() as { build: { artifacts: unknown[] } };
    const artifact = `/build/artifacts/${build.artifacts.length - 1}`;
    const sources = [`apps/${name}/src/*.ts`, `apps/${name}/src/[^d]*/**/*.ts*`, 'libs/**/*.ts'];
    inProfile(
      'dev',
      ['patches'],
      { op: 'replace', path: `${artifact}/docker/target`, value: 'dev' },
      { op: 'add', path: `${artifact}/sync`, value: { manual: sources.map((src) => ({ src, dest: '.' })) } },
    )(document);
  };
}

/** Has Skaffold delete the Jobs of the service's last deployment, which are immutable. */
function deleteJobs(name: string): (document: Document) => void {
  return (document) => {
    const { deploy } = document.toJS() as { deploy: { kubectl: { hooks: { before: unknown[] } } } };
    const { before } = deploy.kubectl.hooks;
    const inNamespace = (environment: string) => `--namespace=${namespaceOf(name, environment)}`;
    const command = ['kubectl', inNamespace('dev'), 'delete', 'job', '--selector=devopslocally/job=deployment'];
    append(['deploy', 'kubectl', 'hooks', 'before'], { host: { command } })(document);
    for (const environment of promoted) {
      const path = `/deploy/kubectl/hooks/before/${before.length}/host/command/1`;
      inProfile(environment, ['patches'], { op: 'replace', path, value: inNamespace(environment) })(document);
    }
  };
}

/** Returns a change that appends items to a list of one of Skaffold's profiles. */
const inProfile =
  (name: string, path: string[], ...items: unknown[]) =>
  (document: Document): void => {
    const { profiles } = document.toJS() as { profiles: { name: string }[] };
    append(['profiles', profiles.findIndex((profile) => profile.name === name), ...path], ...items)(document);
  };

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
