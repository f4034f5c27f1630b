import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../tools/built.ts';

/** By which the images of services are made. */
const recipe = await readFile(join(root, 'images', 'auth.Dockerfile'), 'utf8');

/** Names of files, with wildcards, that it leaves out of its packages. */
export const leftOut = Array.from(recipe.matchAll(/ -name '?([^\s']+)/g), ([, name = '']) => name);

/** What it tells Node.js to run services with. */
export const nodeFlags = (JSON.parse(/^CMD (\[.*"main\.js"\])$/m.exec(recipe)?.[1] ?? '') as string[]).slice(1, -1);
