/**
 * `make reproducible`: builds each image twice from nothing and compares every file: content, kind, rights. What is known to
 * differ is excepted below, with the reason; all else is an error. Times are left out: SOURCE_DATE_EPOCH and buildx's
 * rewrite-timestamp set them when an image is pushed.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../tests/cluster/lib/kubectl.ts';
import { images } from '../setup/images.ts';

/** Files that differ between two builds, and why they may. */
const excepted: Record<string, string> = {
  'var/cache/ldconfig/aux-cache': 'inode numbers; only ldconfig reads it',
  'var/log/alternatives.log': 'times',
};

const root = join(import.meta.dirname, '../..');

/** What makes up each file under a folder, by path. */
function contents(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, path);
    const stat = lstatSync(file);
    const content = stat.isSymbolicLink()
      ? readlinkSync(file)
      : stat.isFile()
        ? createHash('sha256').update(readFileSync(file)).digest('hex')
        : '';
    files.set(path, `${stat.mode.toString(8)} ${content}`);
  }
  return files;
}

let problems = 0;
for (const [name, options] of Object.entries(images)) {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'reproducible-')));
  try {
    for (const folder of folders) {
      const output = ['--no-cache', '--quiet', '--output', `type=local,dest=${folder}`];
      await run('docker', ['build', ...output, ...options, '.'], { cwd: root, seconds: 900 });
    }
    const [first, second] = folders.map(contents) as [Map<string, string>, Map<string, string>];
    const paths = [...new Set([...first.keys(), ...second.keys()])];
    const differing = paths.filter((path) => first.get(path) !== second.get(path));
    for (const path of differing) {
      const reason = excepted[path];
      if (reason === undefined) problems += 1;
      console.log(`${reason === undefined ? 'DIFFERS ' : 'excepted'} ${name}: ${path}${reason ? `: ${reason}` : ''}`);
    }
    console.log(`${name}: ${paths.length} files, ${differing.length} differ`);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(problems === 0 ? 0 : 1);
