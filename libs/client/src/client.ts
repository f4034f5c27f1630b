import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { paths } from './api.ts';
import { bounded, send, until, withoutSlash, type SendOptions } from './http.ts';
import { problemCode } from './problem.ts';
import { subjectOf, type Session } from './session.ts';

/** Options of {@link createAuthClient} and {@link createFetch}. */
export interface AuthClientOptions extends SendOptions {
  /** The service's URL. Tokens are sent nowhere else. */
  baseUrl: string;
  /** Where the access token comes from; without it, calls are anonymous. */
  session?: Session | undefined;
}

/** The client of the auth service: the methods of openapi-fetch, typed by its OpenAPI document. */
export type AuthClient = Client<paths>;

/** Routes that take no access token, so that they start no refresh. A test compares it with the OpenAPI document. */
const anonymous =
  /^\/(health\/|\.well-known\/|auth\/(register|login(\/.*)?|refresh|token|session(\/.*)?|password-reset(\/.*)?|magic-link(\/.*)?|social(\/.*)?|email-verification\/request|invitations\/accept)$)/;

/** Whether a route of the auth service takes no access token. */
export const isAnonymous = (path: string): boolean => anonymous.test(path);

/** Requests whose body can be sent again. */
const repeatable = new WeakSet<Request>();

/**
 * Creates a client of the auth service. A call also takes `signal`, and `timeoutMs` for another time limit than the client's.
 * @example
 * const { data, error } = await client.GET('/auth/me', { timeoutMs: 2000 });
 */
export function createAuthClient(options: AuthClientOptions & Pick<ClientOptions, 'headers'>): AuthClient {
  const { baseUrl, session, headers } = options;
  return createClient<paths>({
    baseUrl,
    ...(headers && { headers }),
    ...(session?.credentials && { credentials: session.credentials }),
    // notes what a finished Request does not tell: whether its body is a stream
    Request: new Proxy(Request, {
      construct(target, [url, init]: ConstructorParameters<typeof Request>) {
        const request = new target(url, init);
        if (!(init?.body instanceof ReadableStream)) {
          repeatable.add(request);
        }
        return request;
      },
    }),
    fetch: authFetch(options, isAnonymous),
  });
}

type Fetch = (input: Request | string | URL, init?: RequestInit & { timeoutMs?: number }) => Promise<Response>;

/**
 * Creates a `fetch` that sends the session's access token to one service and behaves as the client does: refreshes, retries, time
 * limits. For services other than the auth service.
 */
export function createFetch(options: AuthClientOptions): Fetch {
  return authFetch(options, () => false);
}

function authFetch(options: AuthClientOptions, takesNoToken: (path: string) => boolean): Fetch {
  const base = withoutSlash(
    new URL(options.baseUrl, (globalThis as { location?: { href: string } }).location?.href).href,
  );
  const { session } = options;
  return async (input, init) => {
    const request = input instanceof Request && !init ? input : new Request(input, init);
    const canRepeat = repeatable.has(request) || !(init?.body ?? request.body) || typeof init?.body === 'string';
    const { timeoutMs = options.timeoutMs } = { ...(request as { timeoutMs?: number }), ...init };
    const signal = bounded(request.signal, timeoutMs);
    const sendWith = (token: string | undefined) => {
      const create = () => {
        const copy = canRepeat ? request.clone() : request;
        if (token !== undefined) {
          copy.headers.set('authorization', `Bearer ${token}`);
        }
        return copy;
      };
      const isSafe = /^(GET|HEAD|OPTIONS)$/.test(request.method);
      return send(create, { retries: canRepeat ? options.retries : 0, isSafe, signal });
    };
    const [path = ''] = request.url.slice(base.length).split('?', 1);
    const isOwn = request.url.startsWith(base) && /^[/?]|^$/.test(request.url.slice(base.length));
    const needsToken = session && isOwn && !takesNoToken(path) && !request.headers.has('authorization');
    const token = needsToken ? await until(session.token(), signal) : undefined;
    const response = await sendWith(token);
    if (!session || token === undefined || response.status !== 401 || !(await isTokenRejected(response))) {
      return response;
    }
    const next = await until(session.refresh(token), signal);
    if (next === undefined || next === token || !canRepeat || isOfOther(next, token)) {
      return response;
    }
    response.body?.cancel().catch(() => undefined);
    return sendWith(next);
  };
}

/** The app may have logged in as somebody else meanwhile, whom the request does not concern. */
const isOfOther = (next: string, token: string) =>
  subjectOf(token) !== undefined && subjectOf(next) !== subjectOf(token);

/** A 401 can also ask for a second factor, for instance, which a new token does not give. */
async function isTokenRejected(response: Response): Promise<boolean> {
  const code = await problemCode(response);
  return code === undefined || code.startsWith('token_');
}
