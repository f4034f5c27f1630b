import type { Metafile } from 'esbuild';
import { cp, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { unbundled } from './bundle.ts';

const licence = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
/** Files that only people, compilers and browsers' developer tools read. */
const unused = /^(Dockerfile.*|.*\.(map|md|ts|mts|cts))$/;

/** Whether a service may need the file of a package when it runs. */
export const isUsed = (path: string): boolean => !unused.test(basename(path));

/**
 * Copies what a service needs beside its bundle into `target`: the packages that are not bundled, with their dependencies, and of
 * those in the bundle their package.json and licences, by which scanners and people know them.
 */
export async function copyPackages(root: string, { inputs }: Metafile, target: string): Promise<void> {
  const whole = await withDependencies(root, unbundled);
  for (const folder of whole) {
    await cp(folder, join(target, relative(root, folder)), {
      recursive: true,
      filter: (path) => isUsed(path) && !path.slice(folder.length).includes('/node_modules'),
    });
  }
  for (const folder of bundledPackages(root, Object.keys(inputs))) {
    const files = await readdir(folder);
    const licences = files.filter((name) => licence.test(name));
    // some packages state it in their readme only
    const stated = licences.length > 0 ? licences : files.filter((name) => /^readme/i.test(name));
    for (const file of ['package.json', ...stated]) {
      await cp(join(folder, file), join(target, relative(root, folder), file), { recursive: true });
    }
  }
}

/** The folders of the packages that the files belong to. */
function bundledPackages(root: string, files: string[]): Set<string> {
  const folders = files.map((file) => /^(.*node_modules\/(@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return new Set(folders.filter((folder) => folder !== undefined).map((folder) => join(root, folder)));
}

/** The folders of packages and all their installed dependencies. */
async function withDependencies(from: string, names: string[], found = new Set<string>()): Promise<Set<string>> {
  for (const name of names) {
    const folder = await folderOf(name, from);
    if (folder === undefined || found.has(folder)) {
      continue;
    }
    found.add(folder);
    const manifest = await readManifest(folder);
    const dependencies = { ...manifest?.dependencies, ...manifest?.optionalDependencies };
    await withDependencies(folder, Object.keys(dependencies), found);
  }
  return found;
}

/** The folder that Node.js finds the package in; undefined if it is not installed. */
async function folderOf(name: string, from: string): Promise<string | undefined> {
  const folder = join(from, 'node_modules', name);
  if (await readManifest(folder)) {
    return folder;
  }
  return dirname(from) === from ? undefined : folderOf(name, dirname(from));
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}
