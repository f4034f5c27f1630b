import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../tools/built.ts';
import { isUsed } from '../../tools/bundle/packages.ts';

interface Manifest {
  dependencies: Record<string, string>;
  overrides?: object;
}

/** Size of some of this project's dependencies, with their own dependencies, in an image, in MiB. */
export async function installedMiB(names: string[]): Promise<number> {
  const { dependencies, overrides } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  const wanted = Object.entries(dependencies).filter(([name]) => names.includes(name));
  const directory = await mkdtemp(join(tmpdir(), 'auth-bench-'));
  try {
    const manifest = { dependencies: Object.fromEntries(wanted), overrides };
    await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
    return await sizeMiB(join(directory, 'node_modules'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Size of the files in a folder, in MiB. */
export async function sizeMiB(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isUsed(entry.name));
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}
