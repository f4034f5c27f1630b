import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const main = join(import.meta.dirname, '../../../../dist/apps/auth/src/main.js');

/** The built program, or another one such as its bundle. */
export class Program {
  readonly child: ChildProcess;
  output = '';

  constructor(environment: NodeJS.ProcessEnv, path = main) {
    this.child = spawn(process.execPath, [path], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  async exit(): Promise<number | NodeJS.Signals | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit');
    }
    return this.child.exitCode ?? this.child.signalCode;
  }

  lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async url(): Promise<string> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      await sleep(50);
      const url = /"url":"([^"]+)"/.exec(this.output)?.[1];
      if (url !== undefined) {
        return url;
      }
    }
    throw new Error(this.output);
  }
}
