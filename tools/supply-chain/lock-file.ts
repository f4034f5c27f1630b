/**
 * `make lock-file`: checks every package of the lock file. It must have a SHA-512 checksum, no URL (so that it comes from the
 * configured registry), an allowed licence, and no install script that package.json does not name.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import satisfies from 'spdx-satisfies';
import { root } from '../lib/root.ts';

interface Locked {
  version: string;
  dev?: boolean;
  integrity?: string;
  resolved?: string;
  license?: string;
  hasInstallScript?: boolean;
}

/** SPDX identifiers of licences that require attribution at most. */
const allowed = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
];

/** Licences of development tools, which are not shipped. */
const allowedInTools = [...allowed, 'Artistic-2.0', 'CC-BY-3.0', 'CC-BY-4.0', 'MPL-2.0', 'WTFPL'];

/** Packages whose metadata has no licence, and where it is stated. */
const stated: Record<string, string> = {
  'passport-strategy': 'MIT by its LICENSE',
  pause: 'MIT by its Readme.md',
};

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };

const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
const problems: string[] = [];
const licences = new Map<string, number>();
const unused = new Set(Object.keys(stated));
const locked = Object.entries(packages).filter(([path]) => path !== '');

for (const [path, { version, dev, integrity, resolved, license, hasInstallScript }] of locked) {
  const name = nameOf(path);
  const report = (what: string) => problems.push(`${name}@${version}: ${what}`);
  if (!integrity?.startsWith('sha512-')) {
    report(`integrity is ${integrity ?? 'missing'}, not SHA-512`);
  }
  if (resolved) {
    report(`has the URL ${resolved}`);
  }
  if (hasInstallScript && allowScripts[name] === undefined) {
    report('has an install script that allowScripts in package.json does not name');
  }
  licences.set(license ?? 'not stated', (licences.get(license ?? 'not stated') ?? 0) + 1);
  if (name in stated) {
    unused.delete(name);
  } else if (!license || !satisfies(license, dev ? allowedInTools : allowed)) {
    report(`licence ${license ?? 'not stated'}`);
  }
}
for (const name of unused) {
  problems.push(`${name}: listed in this script, but no longer used`);
}

for (const [licence, count] of [...licences].sort(([, a], [, b]) => b - a)) {
  console.log(`${String(count).padStart(5)} ${licence}`);
}
for (const problem of problems) {
  console.error(`FAIL ${problem}`);
}
console.log(`${locked.length} packages: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
