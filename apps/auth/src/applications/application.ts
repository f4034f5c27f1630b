import type { SigningAlgorithm } from '../signing-keys/index.ts';

/** What an application is, which decides how it authenticates and which grants it may use. */
export type ApplicationKind = 'machine' | 'native' | 'single_page' | 'web';

/** An OAuth 2.0 client. */
export interface Application {
  id: string;
  clientId: string;
  name: string;
  logoUrl: string | null;
  /** Of buttons and links on the pages that its requests lead to, if it is the operator's. */
  brandColor: string | null;
  /** Linked on those pages instead of the operator's. */
  termsUrl: string | null;
  privacyUrl: string | null;
  kind: ApplicationKind;
  /** Whether it belongs to the operator, so that nobody is asked for consent. */
  firstParty: boolean;
  /** Whether it comes from `APPLICATIONS_FILE` and not from the API. */
  declared: boolean;
  /** Whether it has registered itself (RFC 7591), so that nobody vouches for its URLs. */
  registered: boolean;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  /** Origins of its pages, which may call the token endpoint (CORS). */
  origins: string[];
  backchannelLogoutUri: string | null;
  /** Resource servers that it may get access tokens for (RFC 8707), besides this service's own audience. */
  resources: string[];
  /** Audiences (`aud`) that it serves as a resource server: it may introspect access tokens for them. */
  audiences: string[];
  /** Scopes besides those of OpenID Connect. */
  scopes: string[];
  /** What some of these scopes allow, in words of the operator, by scope. */
  scopeDescriptions: Record<string, string>;
  /** Public keys for `private_key_jwt` (RFC 7523), instead of a secret. */
  jwks: { keys: object[] } | null;
  /** The algorithm of its ID tokens and logout tokens. */
  idTokenSignedResponseAlg: SigningAlgorithm;
  accessTokenTtlSeconds: number | null;
  /** Seconds after which an unused refresh token expires; null to live as long as the session. */
  refreshTokenTtlSeconds: number | null;
}

/** The kinds that keep no secret, because everybody can read their code. */
export const publicKinds: readonly ApplicationKind[] = ['native', 'single_page'];

/** How applications of a kind authenticate at the token endpoint (OpenID Connect Core §9). */
export function authenticationMethod({ kind, jwks }: Pick<Application, 'kind' | 'jwks'>) {
  if (publicKinds.includes(kind)) {
    return 'none';
  }
  return jwks ? 'private_key_jwt' : 'client_secret_basic';
}

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

/** The grants that each kind may use. */
export const grantTypes: Readonly<Record<ApplicationKind, readonly string[]>> = {
  machine: ['client_credentials'],
  native: ['authorization_code', 'refresh_token', deviceCode],
  single_page: ['authorization_code', 'refresh_token'],
  web: ['authorization_code', 'refresh_token'],
};
