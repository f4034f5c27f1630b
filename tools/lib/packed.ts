import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './root.ts';

const run = promisify(execFile);

/** Packs a library as `make pack` does. Returns the archive's path. */
async function pack(library: string): Promise<string> {
  const packages = join(root, '.cache', 'packages');
  await mkdir(packages, { recursive: true });
  const options = ['--pack-destination', packages, '--json'];
  const { stdout } = await run('npm', ['pack', `./libs/${library}`, '--silent', ...options], { cwd: root });
  // what the package's own build says comes first
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string }];
  return join(packages, filename);
}

/**
 * Installs packed libraries into an empty folder, as a user does.
 * @param others packages that the user has besides, as `npm install` takes them
 * @returns the folder
 */
export async function installPacked(libraries: string[], others: string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const archives: string[] = [];
  for (const library of libraries) {
    archives.push(await pack(library));
  }
  // a registry that stalls is asked again after 20 s; npm waits for 5 minutes, twice
  const patience = ['--fetch-timeout=20000', '--fetch-retries=5', '--fetch-retry-mintimeout=1000'];
  const options = ['--prefer-offline', ...patience, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', ...options, ...archives, ...others], { cwd: folder });
  return folder;
}
