import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A request to be sent. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What the generator is to send. */
export interface Load {
  url: string;
  /** Without a rate. */
  connections: number;
  seconds: number;
  /** Requests per s that are begun whether the others are answered or not; without it each connection sends when it can. */
  rate?: number;
  /** Sent in turn. */
  calls: Call[];
  /** Sent instead: refreshes, each token once, its successors later. */
  chain?: { name: string; path: string; tokens: string[] };
}

/** What the generator saw; times in ms. */
export interface Seen {
  /** Until the last answer. */
  seconds: number;
  byStatus: { status: number; count: number; p50: number; p99: number; max: number }[];
  /** Requests without an answer: timeouts and broken connections. */
  broken: number;
  /** Answers 503 that did not say when to come back; told for rates only. */
  blunt: number;
}

/** A load generator, which keeps the chains of tokens it is given. */
export class Generator {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(join(import.meta.dirname, 'generator.ts'), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** @throws Error if the generator ends meanwhile */
  async run(load: Load): Promise<Seen> {
    this.child.send(load);
    const ended = new AbortController();
    const exit = once(this.child, 'exit', ended).then(() => {
      throw new Error('the load generator ended');
    });
    exit.catch(() => undefined);
    try {
      const [seen] = (await Promise.race([once(this.child, 'message', ended), exit])) as [Seen];
      return seen;
    } finally {
      ended.abort();
    }
  }

  stop(): void {
    this.child.kill();
  }
}
