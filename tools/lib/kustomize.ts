import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './root.ts';
import { run } from './run.ts';

/** Returns a kustomization; `path` turns a path in the repository into one that the kustomization can name. */
export type Kustomization = (path: (target: string) => string) => object;

/** The folders of all overlays: those of the environments, then those of the other services. */
export const overlays = (): string[] =>
  ['k8s/overlays/*', 'k8s/services/*/overlays/*'].flatMap((folders) =>
    globSync(`${folders}/kustomization.yaml`, { cwd: root }).map(dirname).sort(),
  );

/**
 * Builds a folder of the repository.
 * @throws Error if Kustomize prints a warning
 */
export async function build(folder: string): Promise<string> {
  const warnings: string[] = [];
  const yaml = await run('kustomize', ['build', join(root, folder)], { onStderr: (text) => warnings.push(text) });
  if (warnings.length > 0) {
    throw new Error(`${folder}: ${warnings.join('').trim()}`);
  }
  return yaml;
}

/** Writes a temporary kustomization into `.cache/`. */
export function writeKustomization(kustomization: Kustomization) {
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'kustomize-'));
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    JSON.stringify(kustomization((target) => relative(folder, join(root, target)))),
  );
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Builds a temporary kustomization. */
export async function buildWith(kustomization: Kustomization): Promise<string> {
  const { folder, remove } = writeKustomization(kustomization);
  try {
    return await build(relative(root, folder));
  } finally {
    remove();
  }
}

/** An image as an entry of a kustomization's `images`. */
export function imageEntry(name: string, reference: string): Record<string, string> {
  const [, newName = '', tag, digest] = /^(.+?)(?::([\w.-]+))?(?:@(sha256:\w+))?$/.exec(reference) ?? [];
  return { name, newName, ...(digest ? { digest } : { newTag: tag ?? 'latest' }) };
}
