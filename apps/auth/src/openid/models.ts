import { randomUUID, type KeyObject } from 'node:crypto';
import type { CookiesSetOptions } from 'oidc-provider';
import { z } from 'zod';
import type { ApplicationsService } from '../applications/index.ts';
import type { RefreshTokens } from '../sessions/tokens/index.ts';
import type { ArtifactsRepository } from './artifacts.repository.ts';
import { stateTtlSeconds } from './adapters.ts';
import { applicationOf } from './client-metadata.ts';
import { Provider } from './library.ts';
import type { RefreshesService } from './refreshes.service.ts';
import { requestScope } from './request-scope.ts';
import type { Resources } from './resources.ts';
import { verifyAccessToken } from './verify-access-token.ts';

/** What the changes to the library's models need. */
export interface ModelServices {
  applications: ApplicationsService;
  artifacts: ArtifactsRepository;
  refreshes: RefreshesService;
  resources: Resources;
  tokens: RefreshTokens;
  /** Options of the cookie that holds the session's id. */
  sessionCookie: CookiesSetOptions;
  resolveKey: (kid: string) => Promise<KeyObject>;
  issuer: string;
}

type Instance = Record<string, unknown> & { jti: string; clientId: string; grantId: string; uid: string };

/** The library's classes, as far as {@link adaptModels} changes them; its types are narrower. */
interface Models {
  AccessToken: { find: (value: string) => Promise<unknown>; instantiate: (payload: object) => unknown };
  Client: { prototype: Record<string, unknown>; find: (id: string) => Promise<object | undefined> };
  RefreshToken: { prototype: Record<string, unknown> };
  IdToken: { validate: (value: string, client: object) => Promise<unknown> };
  ReplayDetection: { unique: (issuer: string, id: string, expiresAt: number) => Promise<boolean> };
  Session: {
    prototype: Record<string, unknown> & { save: (ttl: number) => Promise<string> };
    findByUid: (
      id: string,
    ) => Promise<{ accountId?: string; grantIdFor(clientId: string): string | undefined } | undefined>;
  };
}

/** Replaces what the library's models do in several steps, or otherwise than the rest of the service. */
export function adaptModels(provider: Provider, services: ModelServices): void {
  const models = provider as unknown as Models;
  adaptSessions(models, provider, services);
  adaptClients(models, services);
  adaptRefreshTokens(models, services);
  adaptAccessTokens(models, services);
  adaptIdTokens(models);
  // the library looks first and stores then, so that concurrent uses of one proof would all pass
  // what expires at a fraction of a second (RFC 7519 §2) is kept until the next whole one
  models.ReplayDetection.unique = (issuer, id, expiresAt) =>
    services.artifacts.saveOnce(
      { model: 'ReplayDetection', id: `${issuer} ${id}` },
      Math.max(1, Math.ceil(expiresAt) - Math.floor(Date.now() / 1000)),
    );
}

function adaptSessions({ Session }: Models, provider: Provider, { sessionCookie }: ModelServices): void {
  const { save } = Session.prototype;
  Object.assign(Session.prototype, {
    // the pages change the cookie's value themselves when someone signs in or steps up
    resetIdentifier: () => undefined,
    // one session id for all applications: the id that access tokens carry and that `/auth/sessions` lists
    ensureClientContainer(this: Instance & { sidFor: (clientId: string, sid: string) => void }, clientId: string) {
      this.sidFor(clientId, this.uid);
    },
    // the rest of a session belongs to the service: the library may keep the state of its own pages only
    save(this: Instance & { exp?: number }, ttl: number): Promise<string> {
      if (this['state'] === undefined && this['accountId'] !== undefined) {
        this.exp = Math.floor(Date.now() / 1000) + ttl;
        return Promise.resolve(this.jti);
      }
      return save.call(this, ttl);
    },
    // after an error, the library shows its form to a browser without a session too, and then fails to store the form's secret
    persist(this: Instance & { exp?: number; save: (ttl: number) => Promise<string> }): Promise<string> {
      if (this.exp === undefined) {
        Provider.ctx?.oidc.cookies.set(provider.cookieName('session'), this.jti, sessionCookie);
      }
      return this.save(this.exp === undefined ? stateTtlSeconds : this.exp - Math.floor(Date.now() / 1000));
    },
  });
}

function adaptClients({ Client }: Models, { applications }: ModelServices): void {
  Object.assign(Client.prototype, {
    includeSid: () => true,
    async compareClientSecret(this: object, secret: string): Promise<boolean> {
      const secretId = await applications.authenticate(applicationOf(this).id, secret);
      if (secretId !== undefined) {
        requestScope().secretId = secretId;
      }
      return secretId !== undefined;
    },
    // the outbox delivers notifications: it also knows sessions that end elsewhere, and repeats what fails
    backchannelLogout: () => Promise.resolve(),
  });
}

function adaptRefreshTokens({ RefreshToken }: Models, { tokens, refreshes, resources }: ModelServices): void {
  Object.assign(RefreshToken.prototype, {
    // one statement decides which of concurrent uses rotates the token; all get the same successor
    async consume(this: Instance & { resourceIndicators: Set<string> }): Promise<void> {
      // the library checks it only after the token has been used up
      const { client, params } = Provider.ctx?.oidc ?? {};
      resources.assertRefreshable(this.resourceIndicators, params?.['resource'], applicationOf(client));
      requestScope().successor = await refreshes.rotate(this.clientId, this.jti, this.grantId);
    },
    generateTokenId: () => requestScope().successor ?? tokens.issue(randomUUID()).token,
  });
}

/**
 * A hint that can't be verified any more, because its key has been purged, is no reason to keep somebody signed in. It is taken for no
 * hint, so that the person is asked (OpenID Connect RP-Initiated Logout §2).
 */
function adaptIdTokens({ IdToken }: Models): void {
  const { validate } = IdToken;
  IdToken.validate = async (value, client) => {
    try {
      return await validate.call(IdToken, value, client);
    } catch (error) {
      const request = Provider.ctx?.oidc;
      if (request?.route !== 'end_session') {
        throw error;
      }
      request.entity('IdTokenHint', undefined);
      return undefined;
    }
  };
}

const accessTokenPayload = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  client_id: z.string(),
  scope: z.string().default(''),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  cnf: z.object({ jkt: z.string() }).optional(),
  userinfo_claims: z.array(z.string()).default(() => []),
  grant_id: z.uuid().optional(),
});

/** Access tokens are JWTs, which the library can't find. The userinfo endpoint accepts those for its audiences. */
function adaptAccessTokens({ AccessToken, Session }: Models, { resolveKey, issuer, resources }: ModelServices): void {
  AccessToken.find = async (value) => {
    const { userinfoAudiences: audiences } = resources;
    const payload = await verifyAccessToken(value, resolveKey, { issuer, audiences });
    const claims = accessTokenPayload.safeParse(payload).data;
    const session = claims && (await Session.findByUid(claims.sid));
    const grantId = session?.grantIdFor(claims?.client_id ?? '');
    // a token of the previous version names no grant
    const isSame = grantId && (claims?.grant_id ?? grantId) === grantId;
    if (!claims || !isSame || session?.accountId !== claims.sub) {
      return undefined;
    }
    const {
      sub: accountId,
      client_id: clientId,
      sid: sessionUid,
      userinfo_claims: names,
      cnf,
      grant_id: _,
      ...rest
    } = claims;
    const asked = { userinfo: Object.fromEntries(names.map((name) => [name, null])) };
    return AccessToken.instantiate({ ...rest, accountId, clientId, grantId, sessionUid, claims: asked, jkt: cnf?.jkt });
  };
}
