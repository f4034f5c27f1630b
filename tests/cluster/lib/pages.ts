import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';
import { run } from '../../../tools/lib/run.ts';

/** The code in a section of a page, block by block: shell commands, or another language. */
export function codeBlocks(page: string, section: string, language = 'sh'): string[] {
  const sections = readFileSync(join(root, page), 'utf8').split(/^(?=##+ )/m);
  const text = sections.find((part) => part.replace(/^#+ /, '').startsWith(`${section}\n`)) ?? '';
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^\`]+)\`\`\``, 'g'))].map(([, code = '']) => code);
}

/** The first command in the text of a page that contains a string. */
export function inlineCommand(page: string, part: string): string {
  const commands = readFileSync(join(root, page), 'utf8').matchAll(/`(kubectl [^`]+)`/g);
  return [...commands].map(([, command = '']) => command).find((command) => command.includes(part)) ?? 'false';
}

/** Runs commands of a page, with the variables that it asks for. */
export const shell = (commands: string, variables: Record<string, string> = {}): Promise<string> =>
  run('bash', ['-c', commands], { env: { ...process.env, ...variables } });
