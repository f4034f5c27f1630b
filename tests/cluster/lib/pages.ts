import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';

/** The shell commands of a section of a page, block by block. */
export function codeBlocks(page: string, section: string): string[] {
  const sections = readFileSync(join(root, page), 'utf8').split(/^(?=##+ )/m);
  const text = sections.find((part) => part.replace(/^#+ /, '').startsWith(`${section}\n`)) ?? '';
  return [...text.matchAll(/```sh\n([^`]+)```/g)].map(([, commands = '']) => commands);
}
