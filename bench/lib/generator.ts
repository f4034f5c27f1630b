/**
 * The load generator, a separate process. Runs the loads that its parent sends and returns what it measured. Refreshes are
 * chained: the token that a refresh returns is sent later.
 */
import autocannon, { type Request, type Result } from 'autocannon';
import { codeFlowRequests, formType, type CodeFlow } from './code-flow.ts';
import type { Call, Load, Seen } from './load.ts';
import { openLoop } from './open-loop.ts';

process.on('message', (load: Load) => {
  void run(load).then((seen) => process.send?.(seen));
});

/** Unused tokens, kept between loads on the same chain. */
const chains = new Map<string, string[]>();

function run(load: Load): Promise<Seen> {
  return load.rate === undefined ? closedLoop(load) : offered(load, load.rate);
}

/** Each connection sends its next request when it has received a response. */
async function closedLoop({ url, connections, seconds, calls, chain, codeFlow }: Load): Promise<Seen> {
  const byStatus = new Map<number, number[]>();
  const requests = codeFlow ? coded(codeFlow) : [chain ? chained(chain) : inTurn(cycle(calls))];
  const began = performance.now();
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon({ url, connections, duration: seconds, requests }, (error: unknown, done) => {
      if (error) {
        reject(new Error('the load failed', { cause: error }));
      } else {
        resolve(done);
      }
    });
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      const isFirstHalf = codeFlow !== undefined && status === 303;
      if (!isFirstHalf) {
        record(byStatus, status, milliseconds);
      }
    });
  });
  return {
    seconds: (performance.now() - began) / 1000,
    byStatus: [...byStatus].map(([status, times]) => summary(status, times)),
    failed: result.errors,
    withoutRetryAfter: 0,
  };
}

function inTurn(next: () => Call): Request {
  return { setupRequest: (request) => ({ ...request, ...next() }) };
}

function waitingIn(chain: string, tokens: string[] = []): string[] {
  const waiting = chains.get(chain) ?? tokens;
  chains.set(chain, waiting);
  return waiting;
}

function coded(flow: CodeFlow): Request[] {
  return codeFlowRequests(flow, (token) => {
    if (flow.chain !== undefined) {
      waitingIn(flow.chain).push(token);
    }
  });
}

function chained({ name, path, tokens, clientId }: NonNullable<Load['chain']>): Request {
  const waiting = waitingIn(name, tokens);
  return {
    ...inTurn(() => refreshOf(path, waiting.shift(), clientId)),
    onResponse: (status, body) => {
      if (status === 200) {
        waiting.push((JSON.parse(body) as { refresh_token: string }).refresh_token);
      }
    },
  };
}

async function offered({ url, seconds, calls }: Load, rate: number): Promise<Seen> {
  const began = performance.now();
  const answers = await openLoop(url, cycle(calls), rate, seconds);
  const took = (performance.now() - began) / 1000;
  const byStatus = new Map<number, number[]>();
  for (const { status, milliseconds } of answers) {
    record(byStatus, status, milliseconds);
  }
  const failed = byStatus.get(0)?.length ?? 0;
  byStatus.delete(0);
  return {
    seconds: took,
    byStatus: [...byStatus].map(([status, times]) => summary(status, times)),
    failed,
    withoutRetryAfter: answers.filter(({ status, retryAfter }) => status === 503 && !retryAfter).length,
  };
}

function record(byStatus: Map<number, number[]>, status: number, milliseconds: number): void {
  const times = byStatus.get(status);
  if (times) {
    times.push(milliseconds);
  } else {
    byStatus.set(status, [milliseconds]);
  }
}

function summary(status: number, times: number[]): Seen['byStatus'][number] {
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { status, count: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

function cycle(calls: Call[]): () => Call {
  let index = 0;
  return () => calls[index++ % calls.length] as Call;
}

function refreshOf(path: string, token: string | undefined, clientId: string | undefined): Call {
  if (token === undefined) {
    throw new Error('there are fewer tokens than connections');
  }
  return clientId === undefined
    ? {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: token }),
      }
    : { method: 'POST', path, headers: formType, body: refreshForm(clientId, token) };
}

const refreshForm = (client_id: string, refresh_token: string): string =>
  new URLSearchParams({ client_id, grant_type: 'refresh_token', refresh_token }).toString();
