import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../tools/built.ts';

const dockerfile = await readFile(join(root, 'images', 'auth.Dockerfile'), 'utf8');

/** The flags of Node.js that it runs services with. */
export const nodeFlags = (JSON.parse(/^CMD (\[.*"main\.js"\])$/m.exec(dockerfile)?.[1] ?? '') as string[]).slice(1, -1);
