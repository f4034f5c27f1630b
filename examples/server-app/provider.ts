import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import * as openid from 'openid-client';

/** What connects the two ends of a sign-in. The browser keeps it meanwhile, in a cookie that scripts can't read. */
export interface SignIn {
  verifier: string;
  state: string;
}

export type Tokens = openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers;

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** The OpenID provider, as this application uses it. */
export class OpenIdProvider {
  private readonly client: openid.Configuration;
  private readonly url: string;
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;

  private constructor(client: openid.Configuration, url: string) {
    this.client = client;
    this.url = url;
    this.keys = createRemoteJWKSet(new URL(String(client.serverMetadata().jwks_uri)));
  }

  /**
   * Reads the provider's discovery document.
   * @param url this application's own
   */
  static async discover(issuer: URL, clientId: string, secret: string, url: string): Promise<OpenIdProvider> {
    // without TLS for development alone
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const execute = issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : [];
    const authentication = openid.ClientSecretBasic(secret);
    return new OpenIdProvider(await openid.discovery(issuer, clientId, undefined, authentication, { execute }), url);
  }

  /** Begins a sign-in: the URL to send the browser to. */
  async begin(): Promise<SignIn & { url: URL }> {
    const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()];
    const url = openid.buildAuthorizationUrl(this.client, {
      redirect_uri: `${this.url}/signed-in`,
      scope: 'openid email profile',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    return { url, verifier, state };
  }

  /**
   * Ends a sign-in.
   * @param path what the browser has come back to
   * @throws Error if the answer does not belong to the sign-in, or the person has refused
   */
  finish(path: string, { verifier, state }: SignIn): Promise<Tokens> {
    return openid.authorizationCodeGrant(this.client, new URL(path, this.url), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
  }

  /** @throws ResponseBodyError `invalid_grant` if the session has ended */
  refresh(refreshToken: string): Promise<Tokens> {
    return openid.refreshTokenGrant(this.client, refreshToken);
  }

  /** Where the browser signs out (OpenID Connect RP-Initiated Logout §2). */
  signOutUrl(idToken: string): URL {
    const parameters = { id_token_hint: idToken, post_logout_redirect_uri: `${this.url}/` };
    return openid.buildEndSessionUrl(this.client, parameters);
  }

  /**
   * The session that a logout token is about (OpenID Connect Back-Channel Logout §2.6).
   * @throws Error if the token is not valid
   */
  async endedSession(logoutToken: string): Promise<string> {
    const { issuer } = this.client.serverMetadata();
    const audience = this.client.clientMetadata().client_id;
    const options = { issuer, audience, typ: 'logout+jwt', algorithms: ['ES256'], requiredClaims: ['exp', 'sid'] };
    const { payload } = await jwtVerify<JWTPayload & { events?: object; sid: string }>(logoutToken, this.keys, options);
    if (payload.events === undefined || !(logoutEvent in payload.events) || 'nonce' in payload) {
      throw new Error('not a logout token');
    }
    return payload.sid;
  }
}
