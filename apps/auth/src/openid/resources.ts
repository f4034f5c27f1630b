import { signatureAlgorithm, sql, type Sql } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { ResourceServer } from 'oidc-provider';
import { isOwnResource, openIdScopes, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { errors } from './library.ts';
import { libraryRoutes } from './routes.ts';

/** The resource servers that access tokens are for (RFC 8707). */
@Injectable()
export class Resources {
  /** What names this service's own audience, which need not be a URI: the audience if it is one, otherwise the issuer. */
  private readonly own: string;
  /** The userinfo endpoint alone. */
  private readonly userinfo: string;

  constructor(
    @Inject(AUTH_CONFIG)
    private readonly config: Pick<AuthConfig, 'ACCESS_TOKEN_TTL_SECONDS' | 'TOKEN_AUDIENCE' | 'TOKEN_ISSUER'>,
  ) {
    this.own = URL.canParse(config.TOKEN_AUDIENCE) ? config.TOKEN_AUDIENCE : config.TOKEN_ISSUER;
    this.userinfo = new URL(libraryRoutes.userinfo, config.TOKEN_ISSUER).href;
  }

  /** The audiences that the userinfo endpoint accepts. */
  get userinfoAudiences(): string[] {
    return [this.config.TOKEN_AUDIENCE, this.userinfo];
  }

  /**
   * What an application gets access tokens for if it names nothing. One of the operator gets all that the person may do here. One of
   * somebody else gets the claims that the person has consented to, and not the person's power over the account.
   */
  defaultOf({ firstParty }: Application): string {
    return firstParty ? this.own : this.userinfo;
  }

  /** All resources of an application. One of somebody else never gets tokens for this service, whatever is stored. */
  of(application: Application): string[] {
    const all = [this.defaultOf(application), ...application.resources];
    return [...new Set(all)].filter((resource) => application.firstParty || !isOwnResource(resource, this.config));
  }

  /** Whether a resource is one of the application's whose row is `p`: what {@link of} says, in SQL. */
  isOf(resource: Sql): Sql {
    const { TOKEN_AUDIENCE, TOKEN_ISSUER } = this.config;
    return sql`(${resource} = CASE WHEN p.first_party THEN ${this.own}::text ELSE ${this.userinfo}::text END
            OR ${resource} = ANY (p.resources) AND (p.first_party OR ${resource} NOT IN (${TOKEN_AUDIENCE}, ${TOKEN_ISSUER})))`;
  }

  /**
   * Requires that a refresh is for a resource of its token, and that the application still has that one (RFC 8707 §2.2).
   * @param granted those that the token is for
   * @param requested the one that the request names, if any
   * @throws InvalidTarget
   */
  assertRefreshable(granted: Set<string>, requested: unknown, application: Application): void {
    const [only] = granted;
    const resource = requested ?? (granted.size === 1 ? only : this.defaultOf(application));
    if (typeof resource !== 'string' || !granted.has(resource) || !this.of(application).includes(resource)) {
      throw new errors.InvalidTarget();
    }
  }

  /**
   * Describes the access tokens for a resource.
   * @throws InvalidTarget if the application may not have any
   */
  serverOf(resource: string, application: Application): ResourceServer {
    if (!this.of(application).includes(resource)) {
      throw new errors.InvalidTarget();
    }
    const isOwn = resource === this.own;
    return {
      audience: isOwn ? this.config.TOKEN_AUDIENCE : resource,
      scope: [...(isOwn || resource === this.userinfo ? openIdScopes : []), ...application.scopes].join(' '),
      accessTokenTTL: application.accessTokenTtlSeconds ?? this.config.ACCESS_TOKEN_TTL_SECONDS,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: signatureAlgorithm } },
    };
  }
}
