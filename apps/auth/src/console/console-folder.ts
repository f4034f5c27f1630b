import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds the folder of the built console: the nearest `dist/apps/console` above the given folder, whether the code runs from its source,
 * from `dist` or from a bundle.
 * @throws Error if it is not built
 */
export function findConsole(from: string): string {
  const folder = join(from, 'dist/apps/console');
  if (existsSync(join(folder, 'index.html'))) {
    return folder;
  }
  if (dirname(from) === from) {
    throw new Error('The console is not built: run `npm run build`.');
  }
  return findConsole(dirname(from));
}
