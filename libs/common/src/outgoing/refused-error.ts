const askingStatuses = [429, 503];

/** A response other than success. */
export class RefusedError extends Error {
  readonly status: number;
  /** Seconds that the receiver asks to wait; 0 if it does not. */
  readonly retryAfterSeconds: number;

  /** @param retryAfter the header, which counts for a receiver that has too much to do */
  constructor(status: number, retryAfter?: string) {
    const isRedirect = status > 299 && status < 400;
    super(`the receiver responded with ${String(status)}${isRedirect ? ', and redirects are not followed' : ''}`);
    this.status = status;
    this.retryAfterSeconds = askingStatuses.includes(status) ? secondsOf(retryAfter) : 0;
  }
}

/**
 * Seconds for which a receiver has asked to get nothing; 0 if it has not.
 * @param max as long as it can ask for
 */
export const askedDelay = (max: number, error: unknown): number =>
  Math.min(max, error instanceof RefusedError ? error.retryAfterSeconds : 0);

/**
 * Seconds until the next attempt.
 * @param own the sender's delay, which a receiver can prolong but not shorten
 * @param max as long as a receiver can prolong it
 */
export const retryDelay = (own: number, max: number, error: unknown): number => Math.max(own, askedDelay(max, error));

/** Reads a number of seconds or an HTTP date in any of its forms (RFC 9110 §10.2.3 and §5.6.7). */
function secondsOf(header = ''): number {
  if (/^\d+$/.test(header)) {
    return Number(header);
  }
  // asctime names no time zone, and means UTC
  const date = /^[A-Z][a-z]+,? .*\d\d:\d\d:\d\d/.test(header) ? Date.parse(`${header.replace(/ GMT$/, '')} GMT`) : NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, (date - Date.now()) / 1000);
}
