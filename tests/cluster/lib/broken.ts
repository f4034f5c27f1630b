import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, buildWith } from '../../../tools/lib/kustomize.ts';
import { root } from '../../../tools/lib/root.ts';
import { label, type Manifest, parse } from './manifests.ts';

export interface Broken {
  file: string;
  /** The rule that must reject it: the file name up to the first dot. */
  rule: string;
  manifest: Manifest;
  /** The overlay's Namespace. */
  namespace: Manifest;
}

/** Loads broken/OVERLAY/*.yaml. A file is merged into the overlay's object of the same name, if there is one. */
export async function loadBroken(): Promise<Broken[]> {
  const folder = 'tests/cluster/broken';
  const broken: Broken[] = [];
  for (const name of readdirSync(join(root, folder))) {
    const overlay = `k8s/overlays/${name}`;
    const objects = parse(await build(overlay));
    const namespace = objects.find(({ kind }) => kind === 'Namespace');
    if (!namespace) {
      throw new Error(`${overlay} has no Namespace`);
    }
    for (const file of readdirSync(join(root, folder, name))) {
      const text = readFileSync(join(root, folder, name, file), 'utf8');
      const [fragment] = parse(text);
      if (!fragment) {
        throw new Error(`${file} is empty`);
      }
      const same = (manifest: Manifest) => label(manifest) === label(fragment);
      const manifest = objects.some(same)
        ? parse(await buildWith((path) => ({ resources: [path(overlay)], patches: [{ patch: text }] }))).find(same)
        : fragment;
      if (!manifest) {
        throw new Error(`${file} does not merge into ${overlay}`);
      }
      broken.push({ file: basename(file, '.yaml'), rule: file.split('.')[0] ?? '', manifest, namespace });
    }
  }
  return broken;
}
