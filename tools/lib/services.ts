import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';

/** The folders of `apps` that are services, each with an image of its own. The console is part of auth's. */
export const services = (): string[] =>
  readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, 'apps', app, 'tsconfig.app.json')));
