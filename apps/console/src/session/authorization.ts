/**
 * Signs an admin in by the service's own OpenID provider: authorization code with PKCE (RFC 7636). The tokens are in memory alone; what
 * connects an answer to its request is kept in the tab's session storage until then.
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

interface Held {
  accessToken: string;
  refreshToken: string | undefined;
  idToken: string | undefined;
  /** When the person last proved who they are, by the browser's clock, in ms since 1970. */
  provedAt: number | undefined;
}

let held: Held | undefined;

/** Leaves for the provider, which sends the browser back to the same path. It asks for nothing that was proved within `maxAge`. */
export async function authorize({ maxAge = maxAgeSeconds } = {}): Promise<never> {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const pending: Pending = { verifier, state, path: location.pathname + location.search };
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  const url = new URL(String(server.authorization_endpoint));
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: home,
    scope: 'openid',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    max_age: String(maxAge),
    claims: JSON.stringify({ id_token: { acr: { essential: true, value: 'aal2' } } }),
  }).toString();
  location.replace(url);
  // the page ends
  return new Promise<never>(() => undefined);
}

/** Whether the URL is an answer of the provider. */
export const isAnswer = (): boolean =>
  location.pathname === '/console/' && new URL(location.href).searchParams.has('state');

/**
 * Exchanges the code that the browser has brought back for tokens.
 * @throws AuthorizationResponseError if the provider has refused
 */
export async function finish(): Promise<void> {
  const answer = new URL(location.href);
  const stored = sessionStorage.getItem(pendingKey);
  sessionStorage.removeItem(pendingKey);
  if (stored === null) {
    // an answer that was already used, for instance by the browser's back button
    history.replaceState(null, '', home);
    return authorize();
  }
  const { verifier, state, path } = JSON.parse(stored) as Pending;
  history.replaceState(null, '', path);
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
  keep(
    await oauth.processAuthorizationCodeResponse(server, client, response, {
      requireIdToken: true,
      // the provider enforces it, by its own clock
      maxAge: oauth.skipAuthTimeCheck,
    }),
  );
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

/** Why the provider has refused to sign in, as OAuth 2.0 names it; undefined for another error. */
export const refusalOf = (error: unknown): string | undefined =>
  error instanceof oauth.AuthorizationResponseError ? error.error : undefined;
