import { counter, ProblemException, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { ipKey, RateLimitsService } from '../../rate-limits/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { AccessTokensService } from '../../sessions/tokens/index.ts';
import { ApiKeysRepository, isKeyOf, prefixOf, type ActiveApiKey } from '../index.ts';
import { presentedClient, type PresentedClient } from './client-credentials.ts';
import { clientInvalid, grantTypeUnsupported, scopeInvalid } from './client-tokens.problems.ts';
import type { ClientCredentials, ClientToken } from './client-tokens.schema.ts';

/** Compared if there is no such key, so that the duration does not reveal that. */
const noHash = Buffer.alloc(32);

const tokenRequests = counter({
  name: 'auth_client_tokens_total',
  help: 'Token requests of service accounts, by result',
  labels: { result: ['issued', 'refused', 'throttled'] },
});

/** Issues access tokens to service accounts: OAuth 2.0 client credentials grant (RFC 6749 §4.4). */
@Injectable()
export class ClientTokensService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly keys: ApiKeysRepository,
    private readonly accessTokens: AccessTokensService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Issues a token, which expires no later than its API key.
   * @param authorization the request's `authorization` header
   * @throws ProblemException `client_invalid`, `grant_type_unsupported`, `scope_invalid`, `too_many_attempts`
   */
  async issue(
    form: ClientCredentials,
    authorization: string | undefined,
    context: RequestContext,
  ): Promise<ClientToken> {
    const client = presentedClient(form, authorization);
    const key = await this.authenticate(client);
    if (!key) {
      throw await this.refuse(client, context);
    }
    if (form.grant_type !== 'client_credentials') {
      throw grantTypeUnsupported.exception();
    }
    const scopes = form.scope?.split(' ').filter(Boolean) ?? key.scopes;
    // RFC 6749 §3.3: a scope has at least one token
    if (scopes.length === 0 || !scopes.every((scope) => key.scopes.includes(scope))) {
      throw scopeInvalid.exception();
    }
    await this.recordUse(client.id, key.id, scopes, context);
    tokenRequests.inc({ result: 'issued' });
    const ttl = Math.ceil(Math.min(this.accessTokens.ttlSeconds, key.secondsLeft ?? Infinity));
    const principal = { serviceAccountId: client.id, keyId: key.id, scopes };
    return {
      access_token: this.accessTokens.signForClient(principal, ttl),
      token_type: 'Bearer',
      expires_in: ttl,
      scope: scopes.join(' '),
    };
  }

  private async authenticate({ id, key }: PresentedClient): Promise<ActiveApiKey | undefined> {
    const prefix = prefixOf(key);
    const found = prefix !== undefined && isUuid(id) ? await this.keys.findActive(id, prefix) : undefined;
    return isKeyOf(key, found?.hash ?? noHash) ? found : undefined;
  }

  private async recordUse(accountId: string, keyId: string, scopes: string[], context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.keys.touch(manager, keyId);
      await this.audit.record(manager, context, {
        type: 'client.token_issued',
        actorId: accountId,
        subjectId: accountId,
        detail: { key_id: keyId, scopes },
      });
    });
  }

  /** Only failures are limited: API keys can't be guessed, and the limit bounds what failures write. */
  private async refuse({ id, key }: PresentedClient, context: RequestContext): Promise<Error> {
    const limit = { key: `token:address:${ipKey(context.address)}`, burst: this.config.LOGIN_ADDRESS_BURST };
    try {
      await this.rateLimits.consume(limit);
    } catch (error) {
      if (error instanceof ProblemException) {
        tokenRequests.inc({ result: 'throttled' });
      }
      throw error;
    }
    tokenRequests.inc({ result: 'refused' });
    await this.audit.record(this.dataSource.manager, context, {
      type: 'client.token_refused',
      subjectId: isUuid(id) ? id : null,
      detail: { prefix: prefixOf(key) ?? null },
    });
    return clientInvalid.exception({ challenge: 'Basic realm="auth"' });
  }
}
