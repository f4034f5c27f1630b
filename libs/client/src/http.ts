import { problemCode } from './problem.ts';

/** How requests are sent. */
export interface SendOptions {
  /** Time for a request with its refresh, its retries and its body, in ms. */
  timeoutMs?: number | undefined;
  /** How often a request is repeated, besides the first time. */
  retries?: number | undefined;
}

const defaultTimeoutMs = 30_000;
const defaultRetries = 2;
const firstDelayMs = 250;
/** A person waits: what takes longer is the app's to decide. */
const longestDelayMs = 5000;

/** Rejections before the service has changed anything. `database_unavailable` is none: its commit may have succeeded. */
const nothingDone = ['overloaded', 'hash_queue_full', 'too_many_attempts', 'keys_unavailable'];
const unavailable = [429, 502, 503, 504];

/** A signal that also ends after a time; 0 is no limit. */
export function bounded(signal?: AbortSignal, timeoutMs = defaultTimeoutMs): AbortSignal | undefined {
  const timeout = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
  return signal && timeout ? AbortSignal.any([signal, timeout]) : (signal ?? timeout);
}

/** Settles as the promise does, or rejects when the signal is aborted first. */
export function until<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) {
      abort();
    }
    signal?.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => {
      signal?.removeEventListener('abort', abort);
    });
  });
}

const sleep = (ms: number, signal?: AbortSignal) => {
  let timer: ReturnType<typeof setTimeout>;
  return until(
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
    signal,
  ).finally(() => {
    clearTimeout(timer);
  });
};

/**
 * Sends a request, and repeats it where that is harmless: a safe method after a failure of the network or of a gateway, any method
 * when the service says that it did nothing and names the time to wait.
 * @param create makes the request of each attempt; a body that can be read once must not be repeated: `retries: 0`
 */
export async function send(
  create: () => Request,
  {
    retries = defaultRetries,
    isSafe,
    signal,
  }: Pick<SendOptions, 'retries'> & { isSafe: boolean; signal: AbortSignal | undefined },
): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const isLast = attempt >= retries;
    // half of the time is random, so that clients that failed together do not come back together
    let delayMs = firstDelayMs * 2 ** attempt * (0.5 + Math.random() / 2);
    try {
      const response = await fetch(create(), signal ? { signal } : {});
      if (isLast || !unavailable.includes(response.status)) {
        return response;
      }
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      const isNamed = seconds >= 0;
      // a 429 without a time is a limit that another attempt makes worse
      if (
        isSafe
          ? response.status === 429 && !isNamed
          : !isNamed || !nothingDone.includes((await problemCode(response)) ?? '')
      ) {
        return response;
      }
      delayMs += isNamed ? seconds * 1000 : 0;
      if (delayMs > longestDelayMs) {
        return response;
      }
      response.body?.cancel().catch(() => undefined);
    } catch (error) {
      if (isLast || !isSafe || signal?.aborted) {
        throw error;
      }
    }
    await sleep(delayMs, signal);
  }
}

export const withoutSlash = (url: string): string => url.replace(/\/$/, '');
