import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Manifest, build, buildWith, label, parse, root } from './manifests.ts';

export interface Broken {
  file: string;
  /** The rule that must refuse it: the file's name up to the first dot. */
  rule: string;
  manifest: Manifest;
}

/** Each file of broken/ merged into prod's object of that name, or as it is where prod has none. */
export async function loadBroken(): Promise<{ namespace: Manifest; broken: Broken[] }> {
  const folder = 'tests/cluster/broken';
  const prod = parse(await build('k8s/overlays/prod'));
  const namespace = prod.find(({ kind }) => kind === 'Namespace');
  if (!namespace) throw new Error('prod has no Namespace');
  const broken: Broken[] = [];
  for (const file of readdirSync(join(root, folder))) {
    const text = readFileSync(join(root, folder, file), 'utf8');
    const [fragment] = parse(text);
    if (!fragment) throw new Error(`${file} is empty`);
    const same = (manifest: Manifest) => label(manifest) === label(fragment);
    const manifest = prod.some(same)
      ? parse(await buildWith((path) => ({ resources: [path('k8s/overlays/prod')], patches: [{ patch: text }] }))).find(same)
      : fragment;
    if (!manifest) throw new Error(`${file} did not merge`);
    broken.push({ file: basename(file, '.yaml'), rule: file.split('.')[0] ?? '', manifest });
  }
  return { namespace, broken };
}
