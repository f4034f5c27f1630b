import type { AccessToken, Tokens } from './api.ts';
import { bounded, send, withoutSlash } from './http.ts';
import { ProblemError } from './problem.ts';

type Maybe<T> = T | undefined;

/** Where a client gets its access token from. */
export interface Session {
  /** The access token to send, or undefined if nobody is logged in. */
  token: () => Promise<Maybe<string>>;
  /**
   * Replaces a token that a service has rejected. All calls that meet a rejection share one refresh.
   * @returns undefined if the session has ended
   */
  refresh: (rejected: string) => Promise<Maybe<string>>;
  /** Whether requests to the auth service carry the browser's cookies. */
  credentials?: 'include';
}

type LoginTokens = Pick<Tokens, 'access_token' | 'expires_in' | 'refresh_token'>;

/** A session that begins with a login by this client. */
export interface LoginSession extends Session {
  /** Begins with the tokens of a login. */
  start: (tokens: LoginTokens) => Promise<void>;
  /** Logs out. */
  end: () => Promise<void>;
}

interface SessionOptions {
  /** Called once when the session has ended otherwise than by `end()`: the person must log in again. */
  onEnd?: (() => void) | undefined;
}

interface ServiceOptions extends SessionOptions {
  /** The auth service's URL. */
  baseUrl: string;
}

interface Held {
  value: string;
  /** When to refresh it and when it expires, in ms since 1970. */
  refreshAt: number;
  expiresAt: number;
}

const marginMs = 30_000;

function hold({ access_token: value, expires_in: seconds }: Pick<Tokens, 'access_token' | 'expires_in'>): Held {
  const expiresAt = Date.now() + seconds * 1000;
  return { value, expiresAt, refreshAt: expiresAt - Math.min(marginMs, seconds * 100) };
}

/** Lets all callers that come while it runs share one run. */
function shared<T>(run: (argument?: string) => Promise<T>): (argument?: string) => Promise<T> {
  let running: Maybe<Promise<T>>;
  return (argument) =>
    (running ??= run(argument).finally(() => {
      running = undefined;
    }));
}

/**
 * Calls the auth service for the session itself.
 * @param isSafe whether it may be repeated: a repeated refresh gives the same tokens for a while
 * @throws ProblemError
 */
async function call(url: string, init: RequestInit, body?: object, isSafe = true): Promise<unknown> {
  const create = () =>
    new Request(
      url,
      body ? { ...init, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : init,
    );
  const response = await send(create, { isSafe, signal: bounded() });
  const parsed: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw new ProblemError(parsed, response);
  }
  return parsed;
}

/** What the service says when a session has ended. A 401 of anything before it says nothing. */
const ends = ['refresh_token_invalid', 'session_missing'];

/** The tokens of a refresh, or undefined if the session has ended. */
const tokensOf = <T>(calling: Promise<unknown>): Promise<Maybe<T>> =>
  calling.catch((error: unknown) => {
    if (error instanceof ProblemError && ends.includes(String(error.code))) {
      return undefined;
    }
    throw error;
  }) as Promise<Maybe<T>>;

/**
 * The token in hand while it is fresh, otherwise a new one. While the service can't be reached, a token is used until it expires.
 */
async function freshToken(current: Maybe<Held>, renew: (rejected?: string) => Promise<Maybe<string>>) {
  if (current && current.refreshAt > Date.now()) {
    return current.value;
  }
  return renew(current?.value).catch((error: unknown) => {
    if (current && current.expiresAt > Date.now()) {
      return current.value;
    }
    throw error;
  });
}

/** A session whose tokens are in memory alone: for programs, and for pages that need not survive a reload. */
export function tokenSession({ baseUrl, onEnd }: ServiceOptions): LoginSession {
  let current: Maybe<Held>;
  let refreshToken: Maybe<string>;
  const base = withoutSlash(baseUrl);
  const set = (tokens?: LoginTokens) => {
    current = tokens && hold(tokens);
    refreshToken = tokens?.refresh_token;
  };
  const renew = shared(async () => {
    const used = refreshToken;
    const tokens = await tokensOf<Tokens>(call(`${base}/auth/refresh`, { method: 'POST' }, { refresh_token: used }));
    // otherwise the app has logged in again, or out, meanwhile
    if (used === refreshToken) {
      set(tokens);
      if (!tokens) {
        onEnd?.();
      }
    }
    return current?.value;
  });
  return {
    token: async () => current && freshToken(current, renew),
    refresh: async (rejected) => (current?.value === rejected ? renew() : current?.value),
    start: async (tokens) => {
      set(tokens);
    },
    end: async () => {
      const used = refreshToken;
      set();
      if (used !== undefined) {
        await call(`${base}/auth/logout`, { method: 'POST' }, { refresh_token: used });
      }
    },
  };
}

/** What the tabs of a browser tell each other. Nothing of it leaves the origin, and nothing is stored. */
interface Message {
  /** The latest token. */
  held?: Held | undefined;
  /** A token that was rejected: who has a later one? */
  rejected?: string | undefined;
  /** The session has ended. */
  isOver?: true;
}

/** How long a tab that has waited for another one's refresh waits for its token, and for the refresh itself. */
const [answerMs, turnMs] = [1000, 60_000];

/**
 * A session that the browser keeps in a cookie of the auth service, which no script can read. All tabs of the page's origin share
 * its access tokens: they refresh once.
 */
export function cookieSession({ baseUrl, onEnd }: ServiceOptions): LoginSession {
  let current: Maybe<Held>;
  /** The account that the page shows, until the page itself logs in or out. */
  let subject: unknown;
  /** False once the service has said that the browser has no session. */
  let mayExist = true;
  let onChange: (() => void) | undefined;
  const url = `${withoutSlash(baseUrl)}/auth/session`;
  const { locks } = (globalThis.navigator as Navigator | undefined) ?? {};
  const channel = locks && new BroadcastChannel(url);
  const credentials = 'include';

  const tell = (message: Message) => {
    channel?.postMessage(message);
  };
  const set = (next?: Held) => {
    current = next;
    mayExist = next !== undefined;
    onChange?.();
  };
  /** The session has ended, or another account has logged in: this page still shows the former one. */
  const over = () => {
    const wasLoggedIn = current !== undefined;
    set();
    if (wasLoggedIn) {
      onEnd?.();
    }
  };
  const adopt = (next: Held) => {
    const account = subjectOf(next.value);
    if (subject !== undefined && subject !== account) {
      over();
    } else {
      subject = account;
      set(next);
    }
  };
  channel?.addEventListener('message', (event) => {
    const data = (event as MessageEvent).data as Message;
    if (data.held) {
      adopt(data.held);
    } else if (data.isOver) {
      // this tab may know a later session
      renew(current?.value).catch(() => undefined);
    } else if (current && current.value !== data.rejected && current.expiresAt > Date.now()) {
      tell({ held: current });
    }
  });

  const exchange = async () => {
    const token = await tokensOf<AccessToken>(call(`${url}/access-token`, { method: 'POST', credentials }));
    const next = token && hold(token);
    if (next) {
      adopt(next);
    } else {
      over();
    }
    tell(next ? { held: next } : { isOver: true });
  };
  /** Asks the other tabs for the token of the refresh that this one has waited for. */
  const ask = (rejected?: string) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, answerMs);
      onChange = resolve;
      tell({ rejected });
    });
  const isStale = (rejected?: string) => mayExist && current?.value === rejected;
  const exchangeIfStale = async (rejected?: string) => {
    if (isStale(rejected)) {
      await exchange();
    }
  };
  /** Runs alone among all tabs, so that none takes another one's login for the end of its session. */
  const alone = (run: () => Promise<void>) =>
    locks ? locks.request(url, { signal: AbortSignal.timeout(turnMs) }, run) : run();
  const renew = shared(async (rejected) => {
    const hadTurn =
      locks &&
      (await locks.request(url, { ifAvailable: true }, async (lock) => {
        await (lock && exchangeIfStale(rejected));
        return lock;
      }));
    if (!hadTurn) {
      await alone(async () => {
        // the other tab's token may arrive later than the lock
        await (locks && isStale(rejected) && ask(rejected));
        await exchangeIfStale(rejected);
      });
    }
    return current?.value;
  });
  return {
    credentials,
    token: async () => (mayExist ? freshToken(current, renew) : undefined),
    refresh: async (rejected) => (isStale(rejected) ? renew(rejected) : current?.value),
    start: (tokens) =>
      alone(async () => {
        await call(url, { method: 'POST', credentials }, { refresh_token: tokens.refresh_token }, false);
        subject = subjectOf(tokens.access_token);
        set(hold(tokens));
        tell({ held: current });
      }),
    end: () =>
      alone(async () => {
        subject = undefined;
        set();
        await call(url, { method: 'DELETE', credentials });
        tell({ isOver: true });
      }),
  };
}

/** Where an app's own code gets its tokens, such as an OpenID client. */
export interface CustomSessionOptions extends SessionOptions {
  /** The token in hand, or undefined if nobody is logged in. */
  accessToken: () => Maybe<string> | Promise<Maybe<string>>;
  /** Gets another token; returns undefined if the session has ended, and throws if it can't be reached. */
  refresh: () => Promise<Maybe<string>>;
  /** The name of a lock (Web Locks) that tabs take for a refresh, if they share their tokens. */
  lock?: string;
}

/** A session whose tokens the app gets and keeps itself. */
export function customSession({ accessToken, refresh, lock, onEnd }: CustomSessionOptions): Session {
  let endedWith: Maybe<string>;
  const renew = shared(async (rejected) => {
    const run = async () => {
      const latest = await accessToken();
      // a call or a tab that was faster has refreshed
      if (latest !== rejected) {
        return latest;
      }
      if (endedWith !== rejected) {
        const next = await refresh();
        if (next !== undefined) {
          return next;
        }
        endedWith = rejected;
        onEnd?.();
      }
      return undefined;
    };
    const { locks } = (globalThis.navigator as Navigator | undefined) ?? {};
    return lock !== undefined && locks ? locks.request(lock, run) : run();
  });
  return { token: async () => accessToken(), refresh: renew };
}

/** The account of an access token; undefined if it is no JWT. */
export function subjectOf(token: string): unknown {
  const [, claims = ''] = token.split('.');
  try {
    return (JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: unknown }).sub;
  } catch {
    return undefined;
  }
}
