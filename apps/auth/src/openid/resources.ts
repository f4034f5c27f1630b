import { signatureAlgorithm } from '#common';
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
