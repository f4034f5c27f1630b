import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CodeFlow } from './code-flow.ts';

/** A request to send. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What the generator sends. */
export interface Load {
  url: string;
  /** Concurrent connections; ignored with a rate. */
  connections: number;
  seconds: number;
  /** Requests per second, started whether or not earlier ones have a response. By default, each connection sends when it can. */
  rate?: number;
  /** Requests, sent in turn. */
  calls: Call[];
  /** Sends refreshes instead: each token once, its successors later. With a client id, as forms to a token endpoint. */
  chain?: { name: string; path: string; tokens: string[]; clientId?: string };
  /** Runs authorization code flows instead. Each counts once, as its token request. */
  codeFlow?: CodeFlow;
}

/** What the generator measured; times in ms. */
export interface Seen {
  /** Time until the last response. */
  seconds: number;
  byStatus: { status: number; count: number; p50: number; p99: number; max: number }[];
  /** Requests without a response: timeouts and broken connections. */
  failed: number;
  /** Responses 503 without Retry-After; only counted for loads with a rate. */
  withoutRetryAfter: number;
}

/** A load generator. It keeps the token chains between loads. */
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

  /** @throws Error if the generator exits */
  async run(load: Load): Promise<Seen> {
    this.child.send(load);
    const ended = new AbortController();
    const exit = once(this.child, 'exit', ended).then(() => {
      throw new Error('the load generator exited');
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
