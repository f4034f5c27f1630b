/**
 * Signs an admin in by the service's own OpenID provider: authorization code with PKCE (RFC 7636). As long as the browser's session
 * suffices, that happens in the background; otherwise the browser leaves for the provider and comes back. The tokens are in memory alone.
 * What connects an answer to its request is too, unless the browser leaves: then the tab's session storage keeps it until the answer.
 */
import * as oauth from 'oauth4webapi';

/** An admin proves a second factor when they come, and again after four hours. */
const maxAgeSeconds = 4 * 60 * 60;
const pendingKey = 'console-authorization';
const home = `${location.origin}/console/`;
const client: oauth.Client = {
  client_id: 'console',
  id_token_signed_response_alg: 'ES256',
  // how far the browser's clock may be wrong, in seconds
  [oauth.clockTolerance]: 300,
};
const options = {
  // the pages' own origin, without TLS in development alone
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  [oauth.allowInsecureRequests]: location.protocol === 'http:',
  signal: () => AbortSignal.timeout(30_000),
};

/** The provider, as its tokens name it. */
export const issuer = document.querySelector<HTMLMetaElement>('meta[name=issuer]')?.content ?? location.origin;
/** The origin at which the provider knows the console. */
export const ownOrigin = new URL(issuer).origin;

const server: oauth.AuthorizationServer = {
  issuer,
  authorization_endpoint: `${location.origin}/openid/authorize`,
  token_endpoint: `${location.origin}/openid/token`,
  end_session_endpoint: `${location.origin}/openid/logout`,
  authorization_response_iss_parameter_supported: true,
};

interface Pending {
  verifier: string;
  state: string;
  /** The path to return to. */
  path: string;
}

/** Who has signed in. */
export interface Identity {
  id: string;
  email: string;
  roles: readonly string[];
}

/** Who has signed in, or why nobody has. */
export type Entrance = { identity: Identity } | { error: unknown };

interface Held {
  accessToken: string;
  refreshToken: string | undefined;
  idToken: string | undefined;
  /** When the person last proved who they are, by the browser's clock, in ms since 1970. */
  provedAt: number | undefined;
}

let held: Held | undefined;

/** Begins an authorization: the URL that asks the provider, and what its answer must match. */
async function newRequest(extra: Record<string, string>): Promise<{ url: URL; pending: Pending }> {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const url = new URL(String(server.authorization_endpoint));
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: home,
    scope: 'openid email profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'aal2' } } }),
    ...extra,
  }).toString();
  return { url, pending: { verifier, state, path: location.pathname + location.search } };
}

/** Leaves for the provider, which sends the browser back to the same path. It asks for nothing that was proved within `maxAge`. */
export async function authorize({ maxAge = maxAgeSeconds } = {}): Promise<never> {
  const { url, pending } = await newRequest({ max_age: String(maxAge) });
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  location.replace(url);
  // the page ends
  return new Promise<never>(() => undefined);
}

/** Whether a URL is an answer of the provider. */
const isAnswer = ({ origin, pathname, searchParams }: URL): boolean =>
  origin + pathname === home && searchParams.has('state');

/** Signs in: by the answer that the browser has brought back, otherwise in the background. Leaves for the provider if that needs the person. */
export async function signIn(): Promise<Entrance> {
  try {
    return { identity: await authenticate() };
  } catch (error) {
    console.error(error);
    return { error };
  }
}

async function authenticate(): Promise<Identity> {
  const current = new URL(location.href);
  if (isAnswer(current)) {
    const stored = sessionStorage.getItem(pendingKey);
    sessionStorage.removeItem(pendingKey);
    if (stored !== null) {
      const pending = JSON.parse(stored) as Pending;
      history.replaceState(null, '', pending.path);
      return exchange(current, pending);
    }
    // an answer that was already used, for instance by the browser's back button
    history.replaceState(null, '', home);
  }
  return authorizeInBackground();
}

/** What the provider says of a request that must not ask the person anything (OpenID Connect Core §3.1.2.6), but would have to. */
const needsPerson = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

/** Follows the provider's redirect without leaving the page: the code is neither in the address bar nor in the history. */
async function authorizeInBackground(): Promise<Identity> {
  const { url, pending } = await newRequest({ prompt: 'none', max_age: String(maxAgeSeconds) });
  const response = await fetch(url, { signal: options.signal() });
  void response.body?.cancel();
  const answer = new URL(response.url);
  if (!isAnswer(answer)) {
    throw new Error(`the provider has responded with ${String(response.status)}`);
  }
  try {
    return await exchange(answer, pending);
  } catch (error) {
    if (needsPerson.includes(refusalOf(error) ?? '')) {
      return authorize();
    }
    throw error;
  }
}

/**
 * Exchanges the code of an answer for tokens.
 * @throws AuthorizationResponseError if the provider has refused
 */
async function exchange(answer: URL, { verifier, state }: Pending): Promise<Identity> {
  const parameters = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    home,
    verifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    requireIdToken: true,
    // the provider enforces it, by its own clock
    maxAge: oauth.skipAuthTimeCheck,
  });
  keep(tokens);
  const { sub = '', email, roles }: Partial<oauth.IDToken> = oauth.getValidatedIdTokenClaims(tokens) ?? {};
  return {
    id: sub,
    email: typeof email === 'string' ? email : '',
    roles: Array.isArray(roles) ? roles.map(String) : [],
  };
}

function keep(tokens: oauth.TokenEndpointResponse): string {
  held = {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? held?.refreshToken,
    idToken: tokens.id_token ?? held?.idToken,
    provedAt: provedAt(tokens) ?? held?.provedAt,
  };
  return held.accessToken;
}

/** The age of a proof is the provider's: the browser's clock may be wrong. */
function provedAt(tokens: oauth.TokenEndpointResponse): number | undefined {
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  return claims?.auth_time === undefined ? undefined : Date.now() - (claims.iat - claims.auth_time) * 1000;
}

/** How long ago the person proved who they are; `Infinity` if the provider has not said. */
export const proofAgeSeconds = (): number =>
  held?.provedAt === undefined ? Infinity : (Date.now() - held.provedAt) / 1000;

export const accessToken = (): string | undefined => held?.accessToken;

/**
 * Gets another access token.
 * @returns undefined if the session has ended, or the last proof is too old
 * @throws Error if the service can't be reached
 */
export async function refresh(): Promise<string | undefined> {
  if (held?.refreshToken === undefined || proofAgeSeconds() > maxAgeSeconds) {
    return undefined;
  }
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), held.refreshToken, options);
  try {
    return keep(await oauth.processRefreshTokenResponse(server, client, response));
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') {
      held = undefined;
      return undefined;
    }
    throw error;
  }
}

/** Ends the session at the provider (OpenID Connect RP-Initiated Logout 1.0). */
export function signOut(): void {
  const url = new URL(String(server.end_session_endpoint));
  url.search = new URLSearchParams({ ...(held?.idToken && { id_token_hint: held.idToken }) }).toString();
  held = undefined;
  location.assign(url);
}

/** Why the provider has refused, as OAuth 2.0 names it; undefined for another error, such as a lost connection. */
export const refusalOf = (error: unknown): string | undefined =>
  error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError
    ? error.error
    : error instanceof oauth.OperationProcessingError
      ? 'invalid_response'
      : undefined;
