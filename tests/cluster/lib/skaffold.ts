import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../tools/lib/until.ts';

/** A running `skaffold dev`, and what it prints. */
export class SkaffoldDev {
  output = '';
  /** Length of the output over time. */
  private readonly lengths: { at: number; length: number }[] = [];
  private readonly process;
  private readonly ended: Promise<unknown>;

  /** @param folder a copy of the repository */
  constructor(folder: string) {
    this.process = spawn('skaffold', ['dev', '--cleanup=false'], { cwd: folder, detached: true });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.lengths.push({ at: performance.now(), length: this.output.length });
      });
    }
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
  }

  /** When the output first contained a text; undefined if Skaffold did not follow the pod's log yet. */
  printedAt(text: string, from: number): number | undefined {
    const place = this.output.indexOf(text, from);
    return place < 0 ? undefined : this.lengths.find(({ length }) => length > place)?.at;
  }

  /** Waits until something holds, as long as Skaffold runs. Its errors end with what Skaffold printed last. */
  until<T>(what: string, seconds: number, ask: () => Promise<T>, pauseMs = 500): Promise<NonNullable<T>> {
    const ends = this.ended.then(() => Promise.reject(new Error('skaffold exited')));
    return Promise.race([until(what, seconds, ask, pauseMs), ends]).catch((cause: unknown) => {
      const lines = this.output.split('\n').filter((line) => !line.includes('request completed'));
      throw new Error(`${String(cause)}; the end of skaffold's output:\n${lines.slice(-30).join('\n')}`, { cause });
    });
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      process.kill(-(this.process.pid ?? 0), 'SIGINT');
    }
    await Promise.race([this.ended, sleep(20_000)]);
  }
}
