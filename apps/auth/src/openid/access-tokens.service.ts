import { Inject, Injectable } from '@nestjs/common';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { ApplicationsService, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { ServiceAccountsService } from '../service-accounts/index.ts';
import { SigningKeysService } from '../signing-keys/index.ts';
import { applicationOf } from './client-metadata.ts';
import { GrantsService } from './grants.service.ts';
import { OpenIdSessionsRepository, type OpenIdSession } from './openid-sessions.repository.ts';
import { verifyAccessToken } from './verify-access-token.ts';

const common = { aud: z.string(), client_id: z.string(), sub: z.uuid(), cnf: z.object({}).loose().optional() };
/** What decides on a token of a person, and on one of a program. */
const personClaims = z.looseObject({ ...common, sid: z.uuid(), grant_id: z.uuid().optional() });
const programClaims = z.looseObject({ ...common, sid: z.never().optional(), key_id: z.uuid(), scope: z.string() });

type PersonClaims = z.output<typeof personClaims>;
type ProgramClaims = z.output<typeof programClaims>;

const isProgram = (claims: PersonClaims | ProgramClaims): claims is ProgramClaims => claims.sid === undefined;

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of access tokens. They are JWTs, which the library refuses at these endpoints after it
 * has authenticated the client.
 */
@Injectable()
export class OpenIdAccessTokensService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'TOKEN_AUDIENCE' | 'TOKEN_ISSUER'>,
    private readonly keys: SigningKeysService,
    private readonly applications: ApplicationsService,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly sessions: OpenIdSessionsRepository,
    private readonly grants: GrantsService,
  ) {}

  /** Answers in place of the library if it has refused an access token. */
  async answer(context: KoaContextWithOIDC): Promise<void> {
    const { error } = (context.body ?? {}) as { error?: string };
    if (error !== 'unsupported_token_type') {
      return;
    }
    const { route, client, params } = context.oidc;
    const application = applicationOf(client);
    const claims = await this.verify(String(params?.['token']));
    if (route === 'introspection') {
      context.body = await this.introspect(application, claims);
      context.status = 200;
    } else if (!claims || !isProgram(claims)) {
      await this.revoke(application, claims);
      context.body = '';
      context.status = 200;
    }
  }

  /**
   * What an application may know of an access token: whether it is active, and its claims. It may know of those that were issued to it,
   * and of those for an audience that it serves.
   */
  private async introspect(
    { clientId, audiences }: Application,
    claims: PersonClaims | ProgramClaims | undefined,
  ): Promise<object> {
    const mayKnow = claims && (claims.client_id === clientId || audiences.includes(claims.aud));
    const active = mayKnow ? await this.activeClaims(claims) : undefined;
    return active ? { active: true, ...active, token_type: active.cnf ? 'DPoP' : 'Bearer' } : { active: false };
  }

  /** Ends the grant that a token belongs to, if it was issued to the application. That of a program has none. */
  private async revoke({ clientId }: Application, claims: PersonClaims | undefined): Promise<void> {
    if (claims?.client_id !== clientId) {
      return;
    }
    const session = await this.sessions.find(claims.sid);
    const grant = session?.grants?.[clientId];
    if (grant && session.accountId === claims.sub && this.isGranted(claims, session)) {
      await this.grants.end(grant.id);
    }
  }

  /** The claims of a token that is active, with the scopes that a program has not lost since. */
  private async activeClaims<T extends PersonClaims | ProgramClaims>(claims: T): Promise<T | undefined> {
    if (isProgram(claims)) {
      const { aud, sub, key_id, scope } = claims;
      const client = { serviceAccountId: sub, keyId: key_id, scopes: scope.split(' ') };
      const active = (await this.serviceAccounts.check(client)) ?? (await this.applications.check(client, aud));
      return active ? { ...claims, scope: active.scopes.join(' ') } : undefined;
    }
    const session = await this.sessions.find(claims.sid);
    return session?.accountId === claims.sub && this.isGranted(claims, session) ? claims : undefined;
  }

  /** A login without an application has no grant. */
  private isGranted({ client_id: clientId, grant_id: grantId, aud }: PersonClaims, { grants }: OpenIdSession): boolean {
    return clientId === this.config.TOKEN_AUDIENCE || this.grants.opens(grants?.[clientId], grantId, aud);
  }

  private async verify(token: string): Promise<PersonClaims | ProgramClaims | undefined> {
    const expected = { issuer: this.config.TOKEN_ISSUER };
    const payload = await verifyAccessToken(token, (kid) => this.keys.resolve(kid), expected);
    return personClaims.safeParse(payload).data ?? programClaims.safeParse(payload).data;
  }
}
