import { ProblemException, type Queryable, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { timingSafeEqual } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { ipKey, RateLimitsService, tooManyAttempts, type RateLimit } from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { FlowCookie, flowTtlSeconds } from './flow-cookie.ts';
import { FlowsRepository } from './flows.repository.ts';
import { newFlowSecrets, stateHash, type FlowSecrets } from './flow-secrets.ts';
import { OidcProviders, type AuthorizationResponse, type Person } from './oidc-providers.ts';
import type { ProviderSettings } from '../../config/index.ts';
import { SocialLoginMetrics, type FlowResult } from './social-login.metrics.ts';
import {
  providerUnavailable,
  redirectUriUnknown,
  socialLoginDenied,
  socialLoginFailed,
} from './social-login.problems.ts';

/** A flow that has begun. */
export interface StartedFlow {
  /** Where to send the browser. */
  authorizationUrl: string;
  /** A `set-cookie` header that binds the flow to the browser. */
  cookie: string;
}

/** Begins and ends flows at OpenID providers. Each flow ends once, in the browser that began it. */
@Injectable()
export class FlowsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly flows: FlowsRepository,
    private readonly providers: OidcProviders,
    private readonly cookies: FlowCookie,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
  ) {}

  /**
   * Begins a flow.
   * @param link the account that an identity is to be linked to, and how to lock it and to require that its owner may still do
   *   so; null for a login
   * @throws ProblemException `identity_provider_unknown`, `redirect_uri_unknown`, `too_many_attempts`,
   * `identity_provider_unavailable`
   */
  async begin(
    providerId: string,
    redirectUri: string,
    link: { accountId: string; assert: (manager: EntityManager) => Promise<void> } | null,
    context: RequestContext,
  ): Promise<StartedFlow> {
    const provider = this.providers.get(providerId);
    if (!provider.redirect_uris.includes(redirectUri)) {
      throw redirectUriUnknown.exception();
    }
    return this.counted(provider, async () => {
      await this.rateLimits.consume(this.startLimit(context));
      const flow = newFlowSecrets();
      const authorizationUrl = await this.providers.authorizationUrl(provider, redirectUri, flow);
      const key = { stateHash: stateHash(flow.state), provider: provider.id, accountId: link?.accountId ?? null };
      const insert = (on: Queryable) => this.flows.insert(on, key, redirectUri, flowTtlSeconds);
      await (link
        ? this.dataSource.transaction(async (manager) => {
            await link.assert(manager);
            await insert(manager);
          })
        : insert(this.dataSource));
      this.metrics.flows.inc({ provider: provider.id, result: 'started' });
      return { authorizationUrl, cookie: this.cookies.issue(flow) };
    });
  }

  /**
   * Ends a flow: uses its state, and exchanges its code.
   * @param accountId the account that an identity is to be linked to; null for a login
   * @param cookies the request's `cookie` header
   * @throws ProblemException `identity_provider_unknown`, `social_login_failed`, `social_login_denied`,
   * `too_many_attempts`, `identity_provider_unavailable`
   */
  async finish(
    providerId: string,
    response: AuthorizationResponse,
    accountId: string | null,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<Person> {
    const provider = this.providers.get(providerId);
    const limit = this.finishLimit(context);
    return this.counted(provider, async () => {
      await this.rateLimits.consume(limit);
      try {
        const person = await this.exchange(provider, response, accountId, this.cookies.read(cookies));
        await this.rateLimits.refund(this.dataSource, limit);
        await this.rateLimits.refund(this.dataSource, this.startLimit(context));
        return person;
      } catch (error) {
        if (error instanceof ProblemException && error.problem === socialLoginFailed) {
          await this.audit.record(this.dataSource.manager, context, {
            type: accountId === null ? 'login.failed' : 'identity.link_refused',
            actorId: accountId,
            subjectId: accountId,
            detail: { provider: provider.id },
          });
        } else {
          // the service or the provider failed, or the person changed their mind: the attempt does not count
          await this.rateLimits.refund(this.dataSource, limit);
          if (error instanceof ProblemException && error.problem === socialLoginDenied) {
            await this.rateLimits.refund(this.dataSource, this.startLimit(context));
          }
        }
        throw error;
      }
    });
  }

  /** Ends the flows that are to link an identity to an account, in the caller's transaction. */
  endLinks(manager: EntityManager, accountId: string): Promise<void> {
    return this.flows.removeLinks(manager, accountId);
  }

  /** Deletes expired flows, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.flows.purge(manager, limit);
  }

  private async exchange(
    provider: ProviderSettings,
    response: AuthorizationResponse,
    accountId: string | null,
    flow: FlowSecrets | undefined,
  ): Promise<Person> {
    if (!flow || !timingSafeEqual(stateHash(flow.state), stateHash(response.state))) {
      throw socialLoginFailed.exception();
    }
    const ended = await this.flows.take({ stateHash: stateHash(flow.state), provider: provider.id, accountId });
    if (!ended?.live) {
      throw socialLoginFailed.exception();
    }
    return this.providers.identify(provider, ended.redirectUri, flow, response);
  }

  private async counted<T>({ id: provider }: ProviderSettings, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      const result = resultOf(error);
      if (result !== undefined) {
        this.metrics.flows.inc({ provider, result });
      }
      throw error;
    }
  }

  private startLimit({ address: ipAddress }: RequestContext): RateLimit {
    return { key: `social:address:${ipKey(ipAddress)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }

  private finishLimit({ address: ipAddress }: RequestContext): RateLimit {
    return { key: `login:address:${ipKey(ipAddress)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }
}

function resultOf(error: unknown): FlowResult | undefined {
  switch (error instanceof ProblemException ? error.problem : undefined) {
    case socialLoginFailed:
      return 'failed';
    case socialLoginDenied:
      return 'denied';
    case tooManyAttempts:
      return 'throttled';
    case providerUnavailable:
      return 'unavailable';
    default:
      return undefined;
  }
}
