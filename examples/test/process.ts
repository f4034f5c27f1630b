import { expect } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { cleanUpWith } from '../../apps/auth/test/support/clean-up.ts';

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

/** Runs a command that must succeed. */
export async function succeed(command: string, args: string[]): Promise<void> {
  expect(await run(command, args)).toMatchObject({ code: 0 });
}

/** The Python of an example, with its packages. */
export const pythonOf = (example: string) => `.cache/${example}/bin/python`;

/** Installs the packages of a Python example into an environment of its own. */
export async function installPython(example: string): Promise<void> {
  if (!existsSync(join(root, pythonOf(example)))) {
    await succeed('python3', ['-m', 'venv', `.cache/${example}`]);
  }
  await succeed(pythonOf(example), ['-m', 'pip', 'install', '-q', '-r', `examples/${example}/requirements.txt`]);
}

/** The status that a server gives a path, which is sent as it is. */
export async function statusOf(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  const [response] = (await once(request({ hostname, port, path, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  return response.statusCode;
}

/** A program of an example, which stops when the test file ends. */
export class ExampleProgram {
  output = '';
  /** Whether it has ended, and nothing of its output is missing. */
  private hasEnded = false;
  private readonly child: ChildProcess;
  private readonly name: string;

  constructor(command: string, args: string[], environment: NodeJS.ProcessEnv) {
    this.name = [command, ...args].join(' ');
    const env = { PATH: process.env['PATH'], ...environment };
    this.child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
    cleanUpWith(() => this.child.kill());
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.child.emit('output');
      });
    }
    this.child.once('close', () => {
      this.hasEnded = true;
      this.child.emit('output');
    });
  }

  /** Waits until the program has written something. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) {
        return found;
      }
      if (this.hasEnded) {
        throw new Error(`${this.name} has ended: ${this.output}`);
      }
      await once(this.child, 'output');
    }
  }

  /** Waits for its end, and gives its exit code. */
  async exit(): Promise<number | null> {
    if (!this.hasEnded) {
      await once(this.child, 'close');
    }
    return this.child.exitCode;
  }
}

/**
 * Starts an example's service, which stops when the test file ends.
 * @returns the URL that it prints
 */
export async function start(command: string, args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const [url] = await new ExampleProgram(command, args, environment).shows(/http:\S+(?=\s)/);
  return url;
}
