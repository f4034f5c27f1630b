import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubectl, run } from './kubectl.ts';

export const root = join(import.meta.dirname, '../../..');

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: object;
}

export const label = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export const parse = (yaml: string): Manifest[] =>
  parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);

export class KustomizeWarning extends Error {}

/** Builds a folder of the repository. A warning is an error. */
export async function build(folder: string): Promise<string> {
  const warnings: string[] = [];
  const yaml = await run('kustomize', ['build', join(root, folder)], { onStderr: (text) => warnings.push(text) });
  if (warnings.length > 0) throw new KustomizeWarning(`${folder}: ${warnings.join('').trim()}`);
  return yaml;
}

/** Writes a kustomization that is not in the repository; its paths are made by the `path` it is handed. */
export function writeKustomization(kustomization: (path: (target: string) => string) => object) {
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'kustomize-'));
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    JSON.stringify(kustomization((target) => relative(folder, join(root, target)))),
  );
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Builds a kustomization that is not in the repository. */
export async function buildWith(kustomization: (path: (target: string) => string) => object): Promise<string> {
  const { folder, remove } = writeKustomization(kustomization);
  try {
    return await build(relative(root, folder));
  } finally {
    remove();
  }
}

let served: Promise<string[]> | undefined;

/** Whether the current context's API server has this kind. */
export async function isServed({ apiVersion, kind }: Manifest): Promise<boolean> {
  served ??= kubectl(['api-resources', '--no-headers']).then((text) => text.split('\n'));
  return (await served).some((line) => line.includes(` ${apiVersion} `) && line.trim().endsWith(` ${kind}`));
}
