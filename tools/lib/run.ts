import { spawn } from 'node:child_process';

export interface RunOptions {
  input?: string;
  /** Time limit. */
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

/**
 * Runs a command and returns its standard output.
 * @throws CommandError if the command fails or exceeds its time limit
 */
export function run(
  command: string,
  args: string[],
  { input, seconds = 300, env, cwd, onStderr }: RunOptions = {},
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
      if (code === 0) {
        resolve(stdout);
        return;
      }
      const reason = signal ? `killed by ${signal}, time limit ${seconds} s` : `exit code ${code}`;
      reject(new CommandError(`${command} ${args.join(' ')}: ${reason}`, stdout + stderr));
    });
    // EPIPE: the command exited without reading its input
    child.stdin.on('error', () => undefined).end(input);
  });
}
