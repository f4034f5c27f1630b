import { authenticationClass, isForeignKeyViolation } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { validate as isUuid } from 'uuid';
import { ApplicationsService, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import { browserHash, BrowserSessionsService } from '../sessions/browser-sessions/index.ts';
import type { Device } from '../sessions/index.ts';
import { RefreshTokens } from '../sessions/tokens/index.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';
import { claimsOf } from './claims.ts';
import { clientMetadata } from './client-metadata.ts';
import { GrantsRepository } from './grants.repository.ts';
import { GrantsService } from './grants.service.ts';
import { errors, Provider } from './library.ts';
import { OpenIdSessionsRepository, type OpenIdSession } from './openid-sessions.repository.ts';
import { RefreshTokensRepository, type FoundToken } from './refresh-tokens.repository.ts';
import { RefreshesService } from './refreshes.service.ts';
import { Resources } from './resources.ts';
import { currentScope, requestScope } from './request-scope.ts';

/** How long a page of the library may stay open. */
export const stateTtlSeconds = 3600;

/** What the library stores for callers who need not have proved who they are. */
const openModels = new Set(['DeviceCode', 'Interaction', 'PushedAuthorizationRequest', 'Session']);

/** What a model does not use of its adapter. */
const unused = {
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  // the end of the grant's row ends all that belongs to it
  revokeByGrantId: async () => undefined,
  consume: async () => undefined,
  upsert: async () => undefined,
  destroy: async () => undefined,
};

/** The library's store: an adapter for each of its models, on the service's own tables. */
@Injectable()
export class Adapters {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly browserSessions: BrowserSessionsService,
    private readonly sessions: OpenIdSessionsRepository,
    private readonly grants: GrantsRepository,
    private readonly grantsService: GrantsService,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly refreshes: RefreshesService,
    private readonly tokens: RefreshTokens,
    private readonly artifacts: ArtifactsRepository,
    private readonly resources: Resources,
    private readonly rateLimits: RateLimitsService,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'LOGIN_ADDRESS_BURST'>,
  ) {}

  /** @param model the name of the library's class */
  of(model: string): Adapter {
    switch (model) {
      case 'Client':
        return this.clients();
      case 'Session':
        return this.sessionAdapter();
      case 'Grant':
        return this.grantAdapter();
      case 'RefreshToken':
        return this.refreshTokenAdapter();
      case 'DeviceCode':
        return this.deviceCodeAdapter();
      default:
        return this.artifactAdapter(model);
    }
  }

  private clients(): Adapter {
    return {
      ...unused,
      find: async (clientId) => {
        const application = await this.applicationOf(clientId);
        return application && clientMetadata(application);
      },
    };
  }

  /** Several models of one request ask for the same application. The outbox asks outside of requests. */
  private applicationOf(clientId: string): Promise<Application | undefined> {
    const scope = currentScope();
    if (scope?.clientId === clientId && scope.application) {
      return scope.application;
    }
    const application = this.refreshes.begin(clientId) ?? this.applications.findByClientId(clientId);
    if (scope) {
      Object.assign(scope, { clientId, application });
    }
    return application;
  }

  /**
   * The browser's session of this service, whose cookie's value is the library's id. The library may only keep the state of one of its
   * own pages, for a browser without a session too.
   */
  private sessionAdapter(): Adapter {
    const state = this.artifactAdapter('Session');
    return {
      ...state,
      find: async (value) => {
        const scope = requestScope();
        const session = await this.sessions.use(browserHash(value), scope.context);
        scope.hasSession = session !== undefined;
        // an authorization needs no state, and must stay cheap
        const kept = Provider.ctx?.oidc.route === 'authorization' ? undefined : await state.find(value);
        return session ? { ...sessionPayload(session), jti: value, state: kept?.state } : kept;
      },
      findByUid: async (id) => {
        const known = currentScope()?.presented?.found?.session;
        const session = known?.id === id ? known : isUuid(id) ? await this.sessions.find(id) : undefined;
        return session && sessionPayload(session);
      },
      upsert: (value, { kind, jti, uid, iat, exp, state: kept }) =>
        state.upsert(value, { kind, jti, uid, iat, exp, state: kept }, stateTtlSeconds),
      destroy: async (value) => {
        await this.browserSessions.endByValue(value, requestScope().context);
        await state.destroy(value);
      },
    };
  }

  private grantAdapter(): Adapter {
    return {
      ...unused,
      find: async (id) => {
        const known = currentScope()?.presented?.found?.grant;
        const grant = known?.id === id ? known : isUuid(id) ? await this.grants.find(id) : undefined;
        const application = grant && (await this.applicationOf(grant.clientId));
        if (!application) {
          return undefined;
        }
        const scopes = this.grantsService.allowedScopes(application, grant.consented);
        const scope = scopes.join(' ');
        const { id: jti, accountId, clientId, createdAt: iat } = grant;
        const resources = Object.fromEntries(this.resources.of(application).map((resource) => [resource, scope]));
        // every member of the library's payloads has a type, but for those of a grant
        return { kind: 'Grant', jti, accountId, clientId, iat, openid: { scope, claims: claimsOf(scopes) }, resources };
      },
      destroy: (id) => {
        // at the token endpoint, the library ends a grant only if what it was given for has been used before
        const { route, params } = Provider.ctx?.oidc ?? {};
        return route === 'token'
          ? this.grantsService.endReused(id, String(params?.['grant_type']), requestScope().context)
          : this.grantsService.end(id);
      },
    };
  }

  /** The rotation is not the adapter's: see `RefreshToken.consume` in models.ts. */
  private refreshTokenAdapter(): Adapter {
    return {
      ...unused,
      find: async (value) => {
        const found = await this.refreshes.find(Provider.ctx?.oidc.client?.clientId ?? '', value);
        return found && refreshTokenPayload(value, found);
      },
      upsert: async (value, payload, ttl = 0) => {
        // a successor is stored by its rotation
        const presented = requestScope().successor === value ? undefined : this.tokens.parse(value);
        if (presented) {
          const { sessionId: familyId, hash } = presented;
          const { jti: _, iat: __, exp: ___, ...kept } = payload;
          await endedGrant(this.refreshTokens.start(familyId, hash, payload.grantId ?? '', kept, ttl));
        }
      },
      destroy: async (value) => {
        const presented = this.tokens.parse(value);
        if (presented) {
          await this.refreshTokens.delete(presented.sessionId);
        }
      },
    };
  }

  /** A device whose code a person has approved gets a session of its own. */
  private deviceCodeAdapter(): Adapter {
    const codes = this.artifactAdapter('DeviceCode');
    return {
      ...codes,
      upsert: async (value, payload, ttl = 0) => {
        const { accountId, clientId = '', sessionUid = '', error, deviceInfo } = payload;
        const application =
          accountId !== undefined && error === undefined ? await this.applicationOf(clientId) : undefined;
        if (!application) {
          return codes.upsert(value, payload, ttl);
        }
        const { sessionId, grantId } = await this.grantsService.connectDevice(
          application,
          { accountId: accountId ?? '', sessionId: sessionUid },
          deviceInfo as unknown as Device,
          requestScope().context,
        );
        return codes.upsert(value, { ...payload, sessionUid: sessionId, sid: sessionId, grantId }, ttl);
      },
    };
  }

  /**
   * Counts what a caller stores who has proved nothing: after a burst one thing a second, for each IP address.
   * @throws ProblemException `too_many_attempts`
   */
  private async countRow(): Promise<void> {
    const scope = currentScope();
    if (scope && scope.hasSession !== true && scope.secretId === undefined) {
      const key = `openid:store:${ipKey(scope.context.address)}`;
      await this.rateLimits.consume({ key, burst: this.config.LOGIN_ADDRESS_BURST, delaySeconds: 1 });
    }
  }

  private artifactAdapter(model: string): Adapter {
    return {
      ...unused,
      find: (id) => this.artifacts.find({ model, id }),
      findByUserCode: (code) => this.artifacts.findByUserCode(code),
      upsert: async (id, payload, ttl = 0) => {
        const { grantId, userCode } = payload;
        // an interaction outlives a grant that ends meanwhile: it asks for a new one
        const owner = model === 'Interaction' ? undefined : grantId;
        if (openModels.has(model)) {
          await this.countRow();
        }
        await endedGrant(this.artifacts.save({ model, id }, payload, { ttlSeconds: ttl, grantId: owner, userCode }));
      },
      destroy: (id) => this.artifacts.delete({ model, id }),
      consume: async (id) => {
        const key = { model, id };
        if (!(await this.artifacts.consume(key))) {
          const grantId = (await this.artifacts.find(key))?.grantId;
          if (grantId !== undefined) {
            await this.grantsService.endReused(grantId, grantTypeOf(model), requestScope().context);
          }
          throw new errors.InvalidGrant('already used');
        }
      },
    };
  }
}

/** The last part of the grant type that a code is for. */
const grantTypeOf = (model: string) => (model === 'DeviceCode' ? 'device_code' : 'authorization_code');

/** @throws InvalidGrant if what it stores belongs to a grant that has ended meanwhile */
async function endedGrant(saved: Promise<void>): Promise<void> {
  try {
    await saved;
  } catch (error) {
    throw isForeignKeyViolation(error)
      ? new errors.InvalidGrant({ cause: error, detail: 'the grant has ended' })
      : error;
  }
}

function sessionPayload(session: OpenIdSession): AdapterPayload {
  const { id: uid, accountId, amr, authTime: loginTs, createdAt: iat, expiresAt: exp, grants } = session;
  const authorizations = Object.fromEntries(
    // the end of a session ends its grants: the library need not
    Object.entries(grants ?? {}).map(([clientId, grant]) => [
      clientId,
      { sid: uid, grantId: grant.id, persistsLogout: true },
    ]),
  );
  return { kind: 'Session', uid, accountId, amr, acr: authenticationClass(amr), loginTs, iat, exp, authorizations };
}

function refreshTokenPayload(
  jti: string,
  { payload, isValid, createdAt: iat, expiresAt: exp }: FoundToken,
): AdapterPayload {
  return { ...payload, jti, iat, exp, ...(!isValid && { consumed: iat }) };
}
