/**
 * Requests authorization (code with PKCE, RFC 7636) as soon as the document is there, which contains this script, beside the download of
 * the rest. It imports nothing: the library that ends the login would make it ten times as large.
 */

/** An admin proves a second factor when they come, and again after four hours. */
export const maxAgeSeconds = 4 * 60 * 60;
export const clientId = 'console';
export const home = `${location.origin}/console/`;
export const authorizationEndpoint = `${location.origin}/openid/authorize`;
export const timeoutMs = 30_000;

/** The provider, as its tokens name it. */
export const issuer = document.querySelector<HTMLMetaElement>('meta[name=issuer]')?.content ?? location.origin;
/** The origin at which the provider knows the console. */
export const ownOrigin = new URL(issuer).origin;

/** What connects the answer of the provider to its request. */
export interface Pending {
  verifier: string;
  state: string;
  /** The path to return to. */
  path: string;
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const random = (): string => base64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Begins an authorization: the URL that asks the provider, and what its answer must match. */
export async function newRequest(extra: Record<string, string>): Promise<{ url: URL; pending: Pending }> {
  const [verifier, state] = [random(), random()];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const url = new URL(authorizationEndpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: home,
    scope: 'openid email profile',
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    state,
    claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'aal2' } } }),
    ...extra,
  }).toString();
  return { url, pending: { verifier, state, path: location.pathname + location.search } };
}

/** Whether a URL is an answer of the provider. */
export const isAnswer = ({ origin, pathname, searchParams }: URL): boolean =>
  origin + pathname === home && searchParams.has('state');

/** Follows the provider's redirect without leaving the page: the code is neither in the address bar nor in the history. */
export async function requestInBackground(): Promise<{ response: Response; pending: Pending }> {
  const { url, pending } = await newRequest({ prompt: 'none', max_age: String(maxAgeSeconds) });
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  void response.body?.cancel();
  return { response, pending };
}

declare global {
  /** The request that the page has begun with; undefined if it has come with an answer, or is to be loaded from another origin. */
  var begun: ReturnType<typeof requestInBackground> | undefined;
}
// importing this script runs it a second time
globalThis.begun ??=
  location.origin === ownOrigin && !isAnswer(new URL(location.href)) ? requestInBackground() : undefined;
// who waits for it handles a failure
begun?.catch(() => undefined);
