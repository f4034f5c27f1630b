import { SecureCookie } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import {
  flowCompletionSchema,
  FlowsService,
  IdentitiesService,
  OidcProviders,
  socialLoginFailed,
  SocialLoginService,
  type IdentityView,
} from '../../login/social/index.ts';
import { continueUrl, SeeOther, type Html, type Page } from '../kit/index.ts';
import { SignInService } from './sign-in.service.tsx';
import type { ProviderChoice } from './sign-in.views.tsx';

/** A provider that an account is linked to, or could be. */
export interface ProviderAccount extends ProviderChoice {
  /** Absent if it is not linked. */
  identity?: IdentityView;
}

/** What the cookie says instead of a path while an identity is being linked. */
const linking = 'link';

/** Logs people in by OpenID providers, and links their identities there. A provider is offered if its redirect URIs contain the one of these pages. */
@Injectable()
export class ProvidersService {
  private readonly cookie: SecureCookie;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'NODE_ENV' | 'TOKEN_ISSUER'>,
    private readonly providers: OidcProviders,
    private readonly flows: FlowsService,
    private readonly socialLogin: SocialLoginService,
    private readonly identities: IdentitiesService,
    private readonly signIn: SignInService,
  ) {
    const secure = config.NODE_ENV === 'production';
    this.cookie = new SecureCookie('continue', secure, { path: '/', maxAge: 600, sameSite: 'lax' });
  }

  /** The providers to offer. */
  list(): ProviderChoice[] {
    return this.providers.list().filter(({ id, redirect_uris: uris }) => uris.includes(this.redirectUri(id)));
  }

  /** The identities of an account, and then the other providers that it could link. */
  async accountsOf(accountId: string): Promise<ProviderAccount[]> {
    const { identities } = await this.identities.list(accountId);
    const names = new Map(this.providers.list().map(({ id, name }) => [id, name]));
    const linked = identities.map((identity) => {
      const { provider: id } = identity;
      return { id, name: names.get(id) ?? id, identity };
    });
    return [...linked, ...this.list().filter(({ id }) => !linked.some((known) => known.id === id))];
  }

  /**
   * Begins a login.
   * @throws ProblemException `identity_provider_unknown`, `redirect_uri_unknown`, `too_many_attempts`,
   *   `identity_provider_unavailable`
   */
  async start(page: Page, provider: string): Promise<SeeOther> {
    const flow = await this.flows.begin(provider, this.redirectUri(provider), null, page.context);
    page.setCookies(flow.cookie, this.cookie.issue(page.continueUrl));
    return new SeeOther(flow.authorizationUrl);
  }

  /**
   * Completes a login with what the provider sent.
   * @throws ProblemException `social_login_failed`, `social_login_denied`, `provider_email_unverified`, `sign_in_refused`,
   *   `too_many_attempts`, `identity_provider_unavailable`
   */
  async finish(page: Page, provider: string): Promise<Html | SeeOther> {
    const target = this.cookie.read(page.cookies);
    if (target === linking) {
      return new SeeOther(`/account/providers/${provider}/callback${page.query}`);
    }
    page.continueUrl = continueUrl(target);
    const response = responseOf(page);
    return this.signIn.proceed(page, await this.socialLogin.login(provider, response, page.cookies, page.context));
  }

  /**
   * Begins to link an identity to the account of the person who is signed in.
   * @returns the URL of the provider
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `token_invalid`, and those of {@link start}
   */
  async startLink(page: Page, provider: string, password: string | undefined): Promise<string> {
    const start = { redirect_uri: this.redirectUri(provider), password };
    const flow = await this.identities.startLink(page.signedIn, provider, start, page.context);
    page.setCookies(flow.cookie, this.cookie.issue(linking));
    return flow.authorizationUrl;
  }

  /**
   * Links the identity that the provider has sent.
   * @throws ProblemException `identity_taken`, `token_invalid`, `social_login_failed`, `social_login_denied`, `too_many_attempts`,
   *   `identity_provider_unavailable`
   */
  async finishLink(page: Page, provider: string): Promise<void> {
    await this.identities.finishLink(page.signedIn, provider, responseOf(page), page.cookies, page.context);
  }

  private redirectUri(provider: string): string {
    return `${this.config.TOKEN_ISSUER.replace(/\/$/, '')}/sign-in/provider/${provider}/callback`;
  }
}

/** What the provider has added to the redirect URI. */
function responseOf(page: Page) {
  const response = flowCompletionSchema.safeParse({
    code: page.parameter('code'),
    error: page.parameter('error'),
    state: page.parameter('state'),
    iss: page.parameter('iss'),
  });
  if (!response.success) {
    throw socialLoginFailed.exception();
  }
  return response.data;
}
