import { ProblemException, queryRows, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { timingSafeEqual } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { ipKey, RateLimitsService, tooManyAttempts, type RateLimit } from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { FlowCookie, flowTtlSeconds } from './flow-cookie.ts';
import { newFlowSecrets, stateHash, type FlowSecrets } from './flow-secrets.ts';
import { OidcProviders, type AuthorizationResponse, type Person } from './oidc-providers.ts';
import type { ProviderSettings } from '../../config/index.ts';
import { SocialLoginMetrics } from './social-login.metrics.ts';
import { providerUnavailable, redirectUriUnknown, socialLoginFailed } from './social-login.problems.ts';

const beginStatement = `
  INSERT INTO social_flow (state_hash, provider, account_id, redirect_uri, expires_at)
  VALUES ($1, $2, $3, $4, now() + make_interval(secs => ${String(flowTtlSeconds)}))`;

/** Of any number of uses of a state one gets the row; a login's state is none for linking, and the reverse. */
const takeStatement = `
  DELETE FROM social_flow WHERE state_hash = $1 AND provider = $2 AND account_id IS NOT DISTINCT FROM $3
  RETURNING redirect_uri, expires_at > now() AS live`;

const purgeStatement = `
  DELETE FROM social_flow WHERE state_hash = ANY (ARRAY (
    SELECT state_hash FROM social_flow WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING state_hash`;

/** A flow that has begun. */
export interface StartedFlow {
  authorizationUrl: string;
  cookie: string;
}

/** Takes browsers to identity providers and back, each flow once and in the browser it began in. */
@Injectable()
export class FlowsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly providers: OidcProviders,
    private readonly cookies: FlowCookie,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
  ) {}

  /**
   * Begins a flow.
   * @param accountId whose identity it is to become; null for a login
   * @throws ProblemException `identity_provider_unknown`, `redirect_uri_unknown`, `too_many_attempts`,
   * `identity_provider_unavailable`
   */
  async begin(
    providerId: string,
    redirectUri: string,
    accountId: string | null,
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
      await this.dataSource.query(beginStatement, [stateHash(flow.state), provider.id, accountId, redirectUri]);
      this.metrics.flows.inc({ provider: provider.id, result: 'started' });
      return { authorizationUrl, cookie: this.cookies.issue(flow) };
    });
  }

  /**
   * Ends a flow: takes its state, exchanges its code.
   * @param accountId as at its begin
   * @param cookies the request's `cookie` header
   * @throws ProblemException `identity_provider_unknown`, `social_login_failed`, `too_many_attempts`,
   * `identity_provider_unavailable`
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
          // not the caller's failure, so it is not counted as one
          await this.rateLimits.refund(this.dataSource, limit);
        }
        throw error;
      }
    });
  }

  /** Deletes what has expired, `limit` rows at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
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
    const [row] = await queryRows<{ redirect_uri: string; live: boolean }>(this.dataSource, takeStatement, [
      stateHash(flow.state),
      provider.id,
      accountId,
    ]);
    if (!row?.live) {
      throw socialLoginFailed.exception();
    }
    return this.providers.identify(provider, row.redirect_uri, flow, response);
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

  private startLimit({ address }: RequestContext): RateLimit {
    return { key: `social:address:${ipKey(address)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }

  private finishLimit({ address }: RequestContext): RateLimit {
    return { key: `login:address:${ipKey(address)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }
}

function resultOf(error: unknown): string | undefined {
  switch (error instanceof ProblemException ? error.problem : undefined) {
    case socialLoginFailed:
      return 'failed';
    case tooManyAttempts:
      return 'throttled';
    case providerUnavailable:
      return 'unavailable';
    default:
      return undefined;
  }
}
