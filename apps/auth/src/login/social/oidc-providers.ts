import { ProblemException } from '#common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import type { FlowSecrets } from './flow-secrets.ts';
import type { ProviderSettings } from '../../config/index.ts';
import { providerUnavailable, providerUnknown, socialLoginDenied, socialLoginFailed } from './social-login.problems.ts';

const metadataMaxAgeMs = 60 * 60 * 1000;
const retryAfterSeconds = 5;

/** Error codes of openid-client for a response that does not belong to this flow, or is not the provider's. */
const refusals = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
]);

/** Errors in an authorization response that mean that the person did not log in or did not consent. */
const denials = new Set([
  'access_denied',
  // OpenID Connect Core 1.0 §3.1.2.6
  'account_selection_required',
  'consent_required',
  'interaction_required',
  'login_required',
  // Apple, LinkedIn
  'user_cancelled_authorize',
  'user_cancelled_login',
]);

/** The ID token names a key that the cached key set does not contain. */
const unknownKey = 'OAUTH_KEY_SELECTION_FAILED';

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  email: z.string().optional().catch(undefined),
  // some providers send a string
  email_verified: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined),
});

/** A person as a provider identifies them. */
export interface Person {
  issuer: string;
  subject: string;
  email: string | undefined;
  emailVerified: boolean;
}

/** The provider's authorization response, as the client passes it on (RFC 6749 §4.1.2): with a code or an error. */
export interface AuthorizationResponse {
  code?: string | undefined;
  error?: string | undefined;
  state: string;
  /** RFC 9207. */
  iss?: string | undefined;
}

/** One exchange of a code. */
interface Exchange {
  tokenResponse?: Response;
}

interface CachedConfiguration {
  fetchedAt: number;
  configuration: Promise<oidc.Configuration>;
}

/** The OpenID Connect client of the providers in the settings. Each request to a provider has a timeout. */
@Injectable()
export class OidcProviders {
  private readonly logger = new Logger(OidcProviders.name);
  private readonly settings: ReadonlyMap<string, ProviderSettings>;
  private readonly configurations = new Map<string, CachedConfiguration>();

  private readonly exchanges = new AsyncLocalStorage<Exchange>();

  constructor(@Inject(AUTH_CONFIG) private readonly config: AuthConfig) {
    this.settings = new Map(config.OIDC_PROVIDERS.map((provider) => [provider.id, provider]));
  }

  list(): ProviderSettings[] {
    return [...this.settings.values()];
  }

  /** @throws ProblemException `identity_provider_unknown` */
  get(id: string): ProviderSettings {
    const provider = this.settings.get(id);
    if (!provider) {
      throw providerUnknown.exception();
    }
    return provider;
  }

  /**
   * The URL that begins an authorization code flow with PKCE (RFC 7636).
   * @throws ProblemException `identity_provider_unavailable`
   */
  async authorizationUrl(provider: ProviderSettings, redirectUri: string, flow: FlowSecrets): Promise<string> {
    const configuration = await this.configuration(provider);
    return oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: provider.scopes.join(' '),
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.codeVerifier),
      code_challenge_method: 'S256',
    }).href;
  }

  /**
   * Exchanges the code, and verifies `iss` of the response, and of the ID token its signature, `iss`, `aud`, `exp` and `nonce`.
   * The provider verifies PKCE.
   * @throws ProblemException `social_login_failed`, `social_login_denied`, `identity_provider_unavailable`
   */
  async identify(
    provider: ProviderSettings,
    redirectUri: string,
    flow: FlowSecrets,
    response: AuthorizationResponse,
  ): Promise<Person> {
    const configuration = await this.configuration(provider);
    const url = new URL(redirectUri);
    const { code, error, state, iss } = response;
    const query = Object.entries({ code, error, state, iss }).filter(([, value]) => value !== undefined);
    url.search = new URLSearchParams(query as [string, string][]).toString();
    try {
      const tokens = await this.exchange(provider, configuration, url, flow);
      const idToken = claimsSchema.parse(tokens.claims());
      const claims =
        idToken.email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
          ? { ...idToken, ...(await this.userInfo(configuration, tokens.access_token, idToken.sub)) }
          : idToken;
      return {
        issuer: idToken.iss,
        subject: idToken.sub,
        email: claims.email,
        emailVerified: claims.email_verified ?? provider.trust_email,
      };
    } catch (error) {
      throw this.toProblem(provider, error);
    }
  }

  /** Exchanges a code once. If the ID token is signed with an unknown key, fetches the provider's key set again. */
  private exchange(
    provider: ProviderSettings,
    configuration: oidc.Configuration,
    url: URL,
    { state, nonce, codeVerifier }: FlowSecrets,
  ) {
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    };
    return this.exchanges.run({}, async () => {
      try {
        return await oidc.authorizationCodeGrant(configuration, url, checks);
      } catch (error) {
        if ((error as { code?: string }).code !== unknownKey) {
          throw error;
        }
        const cached = this.configurations.get(provider.id);
        if (cached && (await cached.configuration) === configuration) {
          this.configurations.delete(provider.id);
        }
        return oidc.authorizationCodeGrant(await this.configuration(provider), url, checks);
      }
    });
  }

  /** Sends the code of one exchange only once: a provider accepts it once. */
  private readonly fetch: oidc.CustomFetch = async (url, options) => {
    const exchange = this.exchanges.getStore();
    if (options.method !== 'POST' || !exchange) {
      return fetch(url, options);
    }
    exchange.tokenResponse ??= await fetch(url, options);
    return exchange.tokenResponse.clone();
  };

  private async userInfo(configuration: oidc.Configuration, accessToken: string, subject: string) {
    const claims = await oidc.fetchUserInfo(configuration, accessToken, subject);
    return claimsSchema.pick({ email: true, email_verified: true }).parse(claims);
  }

  /** The provider's metadata, cached for an hour. Failures are not cached. */
  private async configuration(provider: ProviderSettings): Promise<oidc.Configuration> {
    const cached = this.configurations.get(provider.id);
    if (cached && Date.now() - cached.fetchedAt < metadataMaxAgeMs) {
      return cached.configuration;
    }
    const fetched = { fetchedAt: Date.now(), configuration: this.discover(provider) };
    this.configurations.set(provider.id, fetched);
    try {
      return await fetched.configuration;
    } catch (error) {
      if (this.configurations.get(provider.id) === fetched) {
        this.configurations.delete(provider.id);
      }
      throw error;
    }
  }

  private async discover(provider: ProviderSettings): Promise<oidc.Configuration> {
    const { client_secret: secret, client_authentication: method } = provider;
    const authentication =
      secret === undefined
        ? oidc.None()
        : method === 'client_secret_basic'
          ? oidc.ClientSecretBasic(secret)
          : oidc.ClientSecretPost(secret);
    const issuer = new URL(provider.issuer);
    try {
      return await oidc.discovery(issuer, provider.client_id, undefined, authentication, {
        timeout: this.config.OIDC_TIMEOUT_MS / 1000,
        [oidc.customFetch]: this.fetch,
        execute: [
          oidc.enableNonRepudiationChecks,
          // the settings allow http only for loopback hosts
          // eslint-disable-next-line @typescript-eslint/no-deprecated
          ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
        ],
      });
    } catch (error) {
      throw this.unavailable(provider, error);
    }
  }

  private toProblem(provider: ProviderSettings, error: unknown): Error {
    if (error instanceof ProblemException) {
      return error;
    }
    if (error instanceof oidc.AuthorizationResponseError && denials.has(error.error)) {
      return socialLoginDenied.exception();
    }
    const refused =
      error instanceof oidc.ResponseBodyError
        ? error.error === 'invalid_grant'
        : error instanceof z.ZodError || refusals.has((error as { code?: string }).code ?? '');
    return refused ? socialLoginFailed.exception() : this.unavailable(provider, error);
  }

  /** Logs only the name or code of an error: the errors of openid-client contain authorization codes and tokens. */
  private unavailable(provider: ProviderSettings, error: unknown): Error {
    const { error: oauthError, code, name, cause } = error as { error?: string; code?: string } & Error;
    const reason = oauthError?.slice(0, 64) ?? (Object(cause) as { code?: string }).code ?? code ?? name;
    this.logger.warn({ msg: 'OpenID provider unavailable', provider: provider.id, reason });
    return providerUnavailable.exception({ cause: new Error(reason), retryAfter: retryAfterSeconds });
  }
}
