/**
 * `make bundle`: `node tools/bundle/app.ts APP FOLDER` writes what the image of a built service contains: its code and that of its
 * packages in a few files, which load in half the time, and `node_modules` with the packages that can't be bundled.
 */
import { globSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { root } from '../lib/root.ts';
import { bundle } from './bundle.ts';
import { copyPackages } from './packages.ts';

/** Static files that a service serves, by its name. */
const sites: Readonly<Record<string, string>> = { auth: 'console' };

const [app, target] = process.argv.slice(2);
// the folder is emptied first
if (!app || !target) {
  console.error('Usage: npm run bundle -- APP FOLDER');
  process.exit(1);
}
const folder = resolve(target);
const source = join('dist', 'apps', app, 'src');
await rm(folder, { recursive: true, force: true });
// all in one folder, because a thread's program is looked for beside the code that starts it
const programs = globSync(join(source, '{main,cli,**/*.worker}.js'), { cwd: root });
const entryPoints = Object.fromEntries(programs.map((path) => [basename(path, '.js'), path]));
await copyPackages(root, await bundle(entryPoints, join(folder, source)), folder);
const site = sites[app];
if (site !== undefined) {
  const files = join('dist', 'apps', site);
  await cp(join(root, files), join(folder, files), { recursive: true });
}
await writeFile(join(folder, 'package.json'), JSON.stringify({ name: app, type: 'module' }));
