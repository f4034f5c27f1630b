import { signatureAlgorithm } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Configuration, CookiesSetOptions, KoaContextWithOIDC } from 'oidc-provider';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../accounts/index.ts';
import { ApplicationsService, openIdScopes } from '../applications/index.ts';
import { locales } from '../texts/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { settingsOf } from '../pages/kit/index.ts';
import { idTokenTtlSeconds, signingAlgorithms, SigningKeysService, type PrivateKey } from '../signing-keys/index.ts';
import { RefreshTokens } from '../sessions/tokens/index.ts';
import { OpenIdAccessTokensService } from './access-tokens.service.ts';
import { Adapters, stateTtlSeconds } from './adapters.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';
import { interactionTtlSeconds } from './begun-interactions.ts';
import { claimsByScope, openIdAccount, sessionClaims, type OpenIdAccount } from './claims.ts';
import { applicationOf } from './client-metadata.ts';
import { GrantsService } from './grants.service.ts';
import { assertGrantable, interactionPolicy } from './interaction-policy.ts';
import { errors, Provider } from './library.ts';
import { adaptModels } from './models.ts';
import { contentPolicy, OpenIdPages } from './pages.tsx';
import { RefreshesService } from './refreshes.service.ts';
import { currentScope, requestScope } from './request-scope.ts';
import { Resources } from './resources.ts';
import { interactionPath, libraryRoutes, registrationPath } from './routes.ts';
import { signingKeyOf } from './signing-key.ts';
import { keepStatedLocale } from './stated-locale.ts';

const codeTtlSeconds = 60;
const parTtlSeconds = 60;
const deviceCodeTtlSeconds = 600;
/** How far ahead a client's assertion may expire: an hour, which many libraries choose, and a minute for its clock. */
const maxAssertionSeconds = 3660;
/** A grant lives as long as its session, whose row ends it: this is only a bound that the library asks for. */
const grantTtlSeconds = 31_536_000;

/** Makes the library's provider on the service's own accounts, sessions, keys and tables. */
@Injectable()
export class ProviderFactory {
  private readonly isSecure: boolean;
  private readonly cookie: CookiesSetOptions;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly adapters: Adapters,
    private readonly accessTokens: OpenIdAccessTokensService,
    private readonly accounts: AccountsRepository,
    private readonly applications: ApplicationsService,
    private readonly artifacts: ArtifactsRepository,
    private readonly grants: GrantsService,
    private readonly pages: OpenIdPages,
    private readonly refreshes: RefreshesService,
    private readonly tokens: RefreshTokens,
    private readonly resources: Resources,
    private readonly keys: SigningKeysService,
  ) {
    this.isSecure = config.NODE_ENV === 'production';
    this.cookie = { httpOnly: true, sameSite: 'lax', secure: this.isSecure, signed: false };
  }

  /**
   * Makes a provider.
   * @param keys the first one of each algorithm signs
   */
  create(keys: PrivateKey[]): Provider {
    const provider = new Provider(this.config.TOKEN_ISSUER, this.configuration(keys));
    // the mount passes the scheme of the public URL, and no other forwarded header
    provider.proxy = true;
    provider.use(async (context, next) => {
      context.set('content-security-policy', contentPolicy);
      await next();
      await this.accessTokens.answer(context as KoaContextWithOIDC).catch((error: unknown) => {
        requestScope().failure = error as Error;
      });
    });
    provider.on('server_error', (_context, error) => {
      requestScope().failure = error;
    });
    // what fails outside of the library's own handler
    (provider as EventEmitter).on('error', (error: Error) => {
      requestScope().failure ??= error;
    });
    keepStatedLocale(provider);
    adaptModels(provider, {
      applications: this.applications,
      artifacts: this.artifacts,
      refreshes: this.refreshes,
      resources: this.resources,
      tokens: this.tokens,
      sessionCookie: { ...this.cookie, path: '/' },
      resolveKey: (kid) => this.keys.resolve(kid),
      issuer: this.config.TOKEN_ISSUER,
    });
    return provider;
  }

  private configuration(keys: PrivateKey[]): Configuration {
    return {
      adapter: (model: string) => this.adapters.of(model),
      jwks: { keys: keys.map(signingKeyOf) },
      findAccount: (context, id) => this.findAccount(context, id),
      loadExistingGrant: (context) => this.findGrant(context),
      extraClientMetadata: { properties: ['application'] },
      claims: claimsByScope,
      // what a client asks for is in the ID token too: many look nowhere else
      conformIdTokenClaims: false,
      scopes: openIdScopes,
      acrValues: ['aal1', 'aal2'],
      responseTypes: ['code'],
      pkce: { required: () => true },
      allowOmittingSingleRegisteredRedirectUri: false,
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      assertJwtClientAuthClaimsAndHeader: (_context, { exp }) => {
        // its id is kept until then, so that nobody uses it again
        if (Number(exp) > Date.now() / 1000 + maxAssertionSeconds) {
          throw new errors.InvalidClientAuth('the client assertion expires too late');
        }
      },
      clientDefaults: { id_token_signed_response_alg: signatureAlgorithm },
      enabledJWA: { idTokenSigningAlgValues: [...signingAlgorithms] },
      clientBasedCORS: (_context, origin, client) =>
        applicationOf(client).origins.includes(origin) || this.config.CORS_ORIGINS.includes(origin),
      cookies: {
        // the session's is that of the pages: see BrowserSessionsService
        names: {
          session: this.isSecure ? '__Host-session' : 'session',
          interaction: this.isSecure ? '__Secure-interaction' : 'interaction',
          resume: this.isSecure ? '__Secure-resume' : 'resume',
        },
        long: { ...this.cookie, path: '/' },
        short: this.cookie,
      },
      features: this.features(),
      interactions: {
        policy: interactionPolicy((id) => this.hasPasskey(id)),
        url: (_context, { uid }) => interactionPath(uid),
      },
      renderError: (context, { error, error_description }) => this.pages.error(context, error, error_description),
      routes: libraryRoutes,
      discovery: this.extraMetadata(),
      ...this.tokenRules(),
    };
  }

  /** What the provider's metadata has besides what the library knows (OpenID Connect Discovery §3). */
  private extraMetadata(): Configuration['discovery'] {
    const { OPENID_REGISTRATION_TOKEN: token, TOKEN_ISSUER: issuer } = this.config;
    return {
      ui_locales_supported: [...locales],
      ...(token !== undefined && { registration_endpoint: new URL(registrationPath, issuer).href }),
    };
  }

  private features(): Configuration['features'] {
    const isOwn = (_context: unknown, client: { clientId: string }, token: { clientId?: string }) =>
      token.clientId === client.clientId;
    return {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        deviceInfo: (context) => {
          // the library would ask the person for the code first
          assertGrantable(context);
          const { address, userAgent } = requestScope().context;
          return { address, userAgent };
        },
        userCodeInputSource: (context, _form, _out, error) => {
          requestScope().isCodeRefused = error !== undefined && error.name !== 'AbortedError';
          this.pages.deviceCode(context, error?.name);
        },
        userCodeConfirmSource: (context, form, client, _device, code) =>
          this.pages.deviceConfirmation(context, form, { name: client.clientName ?? client.clientId, code }),
        successSource: (context) => this.pages.deviceConnected(context),
      },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      introspection: { enabled: true, allowedPolicy: isOwn },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context, client, oneOf) => {
          const resource = this.resources.defaultOf(applicationOf(client));
          return oneOf && !oneOf.includes(resource) ? [...oneOf] : resource;
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (context, resource, client) => {
          const application = applicationOf(client);
          const { params } = context.oidc;
          // RFC 6749 §3.3: a program that asks for no scope gets all of its own
          if (params?.['grant_type'] === 'client_credentials' && params['scope'] === undefined) {
            params['scope'] = application.scopes.join(' ') || undefined;
          }
          return this.resources.serverOf(resource, application);
        },
      },
      revocation: { enabled: true, allowedPolicy: isOwn },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => this.pages.logout(context, form),
        postLogoutSuccessSource: (context) => this.pages.loggedOut(context),
      },
    };
  }

  private tokenRules(): Pick<
    Configuration,
    | 'expiresWithSession'
    | 'extraTokenClaims'
    | 'formats'
    | 'issueRefreshToken'
    | 'revokeGrantPolicy'
    | 'rotateRefreshToken'
    | 'ttl'
  > {
    return {
      expiresWithSession: () => true,
      // they end with the session, so that none of them is for offline access
      issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
      rotateRefreshToken: true,
      revokeGrantPolicy: () => true,
      extraTokenClaims: (context, token) =>
        token.kind === 'ClientCredentials'
          ? { key_id: requestScope().secretId ?? applicationOf(token.client).id }
          : sessionClaims(context, token),
      formats: {
        bitsOfOpaqueRandomness: 256,
        customizers: {
          jwt: (_context, token, { payload }) => {
            if (token.kind === 'ClientCredentials') {
              // services know programs by a UUID
              payload['sub'] = applicationOf(token.client).id;
            }
          },
        },
      },
      ttl: {
        AccessToken: (_context, token) => token.resourceServer?.accessTokenTTL ?? this.config.ACCESS_TOKEN_TTL_SECONDS,
        AuthorizationCode: codeTtlSeconds,
        ClientCredentials: (_context, token) =>
          token.resourceServer?.accessTokenTTL ?? this.config.ACCESS_TOKEN_TTL_SECONDS,
        DeviceCode: deviceCodeTtlSeconds,
        Grant: grantTtlSeconds,
        IdToken: idTokenTtlSeconds,
        Interaction: interactionTtlSeconds,
        PushedAuthorizationRequest: parTtlSeconds,
        RefreshToken: (_context, _token, client) => this.refreshTtlSeconds(client),
        Session: (_context, session) =>
          session.accountId === undefined ? stateTtlSeconds : Math.max(1, session.exp - Math.floor(Date.now() / 1000)),
      },
    };
  }

  private refreshTtlSeconds(client: object | undefined): number {
    return applicationOf(client).refreshTokenTtlSeconds ?? this.config.SESSION_IDLE_TTL_SECONDS;
  }

  private async findAccount(context: KoaContextWithOIDC, id: string): Promise<OpenIdAccount | undefined> {
    const known = currentScope()?.presented?.found?.profile;
    const profile = known?.id === id ? known : await this.accounts.findProfile(this.dataSource, id);
    return profile && openIdAccount(profile, context);
  }

  private async hasPasskey(accountId: string): Promise<boolean> {
    const { passkeysEnabled } = settingsOf(this.config);
    return passkeysEnabled && ((await this.accounts.findOwn(this.dataSource, accountId))?.passkeys ?? 0) > 0;
  }

  private async findGrant({ oidc }: KoaContextWithOIDC) {
    const { session, client, account } = oidc;
    if (!session || !client || !account) {
      return undefined;
    }
    const grantId = await this.grants.find(applicationOf(client), session.uid, account.accountId);
    return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
  }
}
