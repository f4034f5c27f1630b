/**
 * Signs an admin in by the service's own OpenID provider: authorization code with PKCE (RFC 7636). As long as the browser's session
 * suffices, that happens in the background; otherwise the browser leaves for the provider and comes back. The tokens are in memory alone.
 * What connects an answer to its request is too, unless the browser leaves: then the tab's session storage keeps it until the answer.
 */
import * as oauth from 'oauth4webapi';
import {
  authorizationEndpoint,
  clientId,
  home,
  isAnswer,
  issuer,
  maxAgeSeconds,
  newRequest,
  requestInBackground,
  timeoutMs,
  type Pending,
} from './begin.ts';

const pendingKey = 'console-authorization';
const client: oauth.Client = {
  client_id: clientId,
  id_token_signed_response_alg: 'ES256',
  // in seconds
  [oauth.clockTolerance]: 30,
};
/** Notes how far the browser's clock is from the provider's. */
function setClock({ headers }: Response): void {
  const now = Date.parse(headers.get('date') ?? '');
  client[oauth.clockSkew] = Number.isNaN(now) ? 0 : Math.round((now - Date.now()) / 1000);
}
const options = {
  // the pages' own origin, without TLS in development alone
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  [oauth.allowInsecureRequests]: location.protocol === 'http:',
  signal: () => AbortSignal.timeout(timeoutMs),
};

const server: oauth.AuthorizationServer = {
  issuer,
  authorization_endpoint: authorizationEndpoint,
  token_endpoint: `${location.origin}/openid/token`,
  end_session_endpoint: `${location.origin}/openid/logout`,
  authorization_response_iss_parameter_supported: true,
};

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

/** Leaves for the provider, which sends the browser back to the same path. It asks for nothing that was proved within `maxAge`. */
export async function authorize({ maxAge = maxAgeSeconds } = {}): Promise<never> {
  const { url, pending } = await newRequest({ max_age: String(maxAge) });
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  location.replace(url);
  // the page ends
  return new Promise<never>(() => undefined);
}

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
    history.replaceState(null, '', home);
    // nothing is stored for an answer that was already used, for instance by the browser's back button
    if (stored !== null) {
      const pending = JSON.parse(stored) as Pending;
      history.replaceState(null, '', pending.path);
      return exchange(current, pending);
    }
  }
  try {
    return await answerOf(await (begun ?? requestInBackground()));
  } catch (error) {
    // the code may have expired while this script was loaded
    if (begun && refusalOf(error) === 'invalid_grant') {
      return answerOf(await requestInBackground());
    }
    throw error;
  }
}

/** What the provider says of a request that must not ask the person anything (OpenID Connect Core §3.1.2.6), but would have to. */
const needsPerson = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

/** Ends a login in the background. */
async function answerOf({ response, pending }: Awaited<ReturnType<typeof requestInBackground>>): Promise<Identity> {
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
  setClock(response);
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
  setClock(response);
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
