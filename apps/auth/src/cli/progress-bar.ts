import type { Terminal } from './terminal.ts';

const width = 30;

/** Shows the progress of a long job: a bar on a terminal, otherwise a line for each tenth. */
export class ProgressBar {
  private readonly errors: Terminal['errors'];
  private readonly started = performance.now();
  private begun: number | undefined;
  private tenth = -1;

  constructor(errors: Terminal['errors']) {
    this.errors = errors;
  }

  /**
   * @param done completed part of `total`, in any unit
   * @param text shown beside the percentage
   */
  show(done: number, total: number, text: string): void {
    this.begun ??= done;
    const share = total === 0 ? 1 : done / total;
    if (this.errors.isTTY === true) {
      const bar = '█'.repeat(Math.floor(share * width)).padEnd(width, '░');
      this.errors.write(`\r\u001b[K${bar} ${percent(share)} ${text}${this.remaining(done, total)}`);
    } else if (Math.floor(share * 10) > this.tenth) {
      this.tenth = Math.floor(share * 10);
      this.errors.write(`${percent(share)} ${text}\n`);
    }
  }

  /** Ends the line of the bar. */
  end(): void {
    if (this.errors.isTTY === true) {
      this.errors.write('\n');
    }
  }

  private remaining(done: number, total: number): string {
    const perMs = (done - (this.begun ?? 0)) / (performance.now() - this.started);
    return perMs > 0 && done < total ? `, ${String(Math.ceil((total - done) / perMs / 1000))} s left` : '';
  }
}

const percent = (share: number) => `${String(Math.floor(share * 100))} %`;
