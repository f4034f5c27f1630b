import { afterAll } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The repository, where the examples' commands are run. */
export const root = join(import.meta.dirname, '../..');

/** Runs a command of an example to its end, and gives its exit code and output. */
export async function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) {
    child.kill();
  }
});

/**
 * Starts an example's service, which stops when the test file ends.
 * @returns the URL that it prints
 */
export async function start(command: string, args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  running.push(child);
  let output = '';
  child.stdout.setEncoding('utf8');
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    output += text as string;
    const url = /http:\S+/.exec(output)?.[0];
    if (url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error(`${[command, ...args].join(' ')} did not start: ${output}`);
}
