import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument, YAMLSeq } from 'yaml';

const digest = `sha256:${'0'.repeat(64)}`;

/** Adds a service to the existing manifests. Returns their paths and new texts. */
export function addToManifests(root: string, name: string): [string, string][] {
  const image = `devopslocally/${name}`;
  const released = { name: image, newName: `registry.example.com/${image}`, digest };
  const changes: [string, (document: Document) => void][] = [
    ['k8s/base/kustomization.yaml', append(['resources'], name)],
    ['k8s/base/network-policies/kustomization.yaml', append(['resources'], `${name}.yaml`)],
    ['k8s/overlays/dev/kustomization.yaml', append(['images'], { name: image, newTag: 'dev' })],
    ...['dev-released', 'staging', 'prod'].map((overlay): [string, (document: Document) => void] => [
      `k8s/overlays/${overlay}/kustomization.yaml`,
      append(['images'], released),
    ]),
    [
      'k8s/overlays/prod-standby/kustomization.yaml',
      append(
        ['patches'],
        {
          target: { kind: 'HorizontalPodAutoscaler', name },
          patch: '$patch: delete\nkind: ignored\nmetadata: {name: ignored}\n',
        },
        { patch: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {replicas: 0}\n` },
      ),
    ],
    [
      'skaffold.yaml',
      append(['build', 'artifacts'], {
        image,
        docker: { dockerfile: 'images/auth.Dockerfile', target: 'production', buildArgs: { APP: name } },
      }),
    ],
  ];
  return changes.map(([path, change]) => {
    const document = parseDocument(readFileSync(join(root, path), 'utf8'));
    change(document);
    return [path, document.toString({ lineWidth: 0 })];
  });
}

/** Returns a change that appends items to the list at `path`. */
function append(path: string[], ...items: unknown[]): (document: Document) => void {
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
