import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunOptions {
  input?: string;
  seconds?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  onStderr?: (text: string) => void;
}

export class CommandError extends Error {
  readonly output: string;

  constructor(command: string, output: string) {
    const lines = output.trim().split('\n').slice(-20);
    super([command, ...lines].map((line) => line.slice(0, 300)).join('\n'));
    this.output = output;
  }
}

/** Runs a command to its end and returns what it printed; its failure, or time running out, is a CommandError. */
export function run(
  command: string,
  args: string[],
  { input, seconds = 60, env, cwd, onStderr }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: env ?? process.env,
      cwd,
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      onStderr?.(chunk);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new CommandError(
            `${command} ${args.join(' ')}: ${signal ? `ended after ${seconds} s` : `exit code ${code}`}`,
            stdout + stderr,
          ),
        );
    });
    // a command that ends without reading its input has said why
    child.stdin.on('error', () => undefined).end(input);
  });
}

export const kubectl = (args: string[], options?: RunOptions): Promise<string> => run('kubectl', args, options);

export async function getJson<T>(args: string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', '-o', 'json', ...args])) as T;
}

export async function apply(manifests: string | object, args: string[] = []): Promise<void> {
  const input = typeof manifests === 'string' ? manifests : JSON.stringify(manifests);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-', ...args], { input, seconds: 120 });
}

/** What `kubectl get -o yaml` printed, as it can be created elsewhere. */
export const portable = (yaml: string): string =>
  yaml.replaceAll(/^ +(namespace|resourceVersion|uid|creationTimestamp): .*\n/gm, '');

/** Asks until the answer is truthy and returns it; how long that took is the caller's to measure. */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T>,
  pauseMs = 500,
): Promise<NonNullable<T>> {
  let last: unknown;
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await sleep(pauseMs);
  }
  throw new Error(`not within ${seconds} s: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
}
