import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';
import { run } from './run.ts';

/** Copies the working tree without what Git ignores. */
export async function copyRepository(target: string): Promise<void> {
  const files = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of files.trim().split('\n')) {
    cpSync(join(root, file), join(target, file));
  }
}
