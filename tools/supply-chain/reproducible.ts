/**
 * `make reproducible`: builds each image twice without cache and compares the content, type and mode of every file. Ignores
 * timestamps, and digests of images, which depend on them.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';
import { images } from '../setup/images.ts';

/** The mode and content hash of each file under a folder, by path. Skips /dev, /proc and /sys. */
function contents(folder: string, path = '', files = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (['dev', 'proc', 'sys'].includes(inner)) {
      continue;
    }
    const file = join(folder, inner);
    const content = entry.isSymbolicLink()
      ? readlinkSync(file)
      : entry.isFile()
        ? createHash('sha256').update(readFileSync(file)).digest('hex')
        : '';
    files.set(inner, `${lstatSync(file).mode.toString(8)} ${content}`);
    if (entry.isDirectory()) {
      contents(folder, inner, files);
    }
  }
  return files;
}

let problems = 0;
for (const [name, options] of Object.entries(images)) {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'reproducible-')));
  try {
    for (const folder of folders) {
      const archive = join(folder, 'image.tar');
      const output = ['--no-cache', '--quiet', '--output', `type=tar,dest=${archive}`];
      await run('docker', ['build', ...output, ...options, '.'], { cwd: root, seconds: 600 });
      await run('tar', ['--extract', '--file', archive, '--directory', folder, '--exclude', 'dev/*'], { seconds: 120 });
      rmSync(archive);
    }
    const [first, second] = folders.map((folder) => contents(folder)) as [Map<string, string>, Map<string, string>];
    const paths = [...new Set([...first.keys(), ...second.keys()])];
    const differing = paths.filter((path) => first.get(path) !== second.get(path));
    problems += differing.length;
    for (const path of differing) {
      console.log(`DIFFERS ${name}: ${path}`);
    }
    console.log(`${name}: ${paths.length} files, ${differing.length} differ`);
  } finally {
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
process.exit(problems === 0 ? 0 : 1);
