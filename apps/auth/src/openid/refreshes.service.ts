import { Inject, Injectable } from '@nestjs/common';
import { clientIdPattern, type Application } from '../applications/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { RefreshTokens, type RefreshToken } from '../sessions/tokens/index.ts';
import { GrantsService } from './grants.service.ts';
import { errors } from './library.ts';
import { RefreshTokensRepository, type FoundToken, type Rotation } from './refresh-tokens.repository.ts';
import { currentScope, requestScope } from './request-scope.ts';

/**
 * Presents refresh tokens. One statement finds whatever the library asks for in turn: the application, the token, its session, its grant
 * and its account. It also rotates the token if the request leaves nothing else to be checked; otherwise a second one does, after the
 * library's checks.
 */
@Injectable()
export class RefreshesService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'CORS_ORIGINS'>,
    private readonly tokens: RefreshTokens,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly grants: GrantsService,
  ) {}

  /**
   * Begins the refresh that the current request asks for.
   * @returns the client's application, if there is one; undefined at once if the request brings no refresh token of this service
   */
  begin(clientId: string): Promise<Application | undefined> | undefined {
    const { refresh } = currentScope() ?? {};
    const presented = refresh && this.tokens.parse(refresh.token);
    if (!presented || !clientIdPattern.test(clientId)) {
      return undefined;
    }
    const { isPlain, origin } = refresh;
    const isOwnOrigin = origin !== null && this.config.CORS_ORIGINS.includes(origin);
    return this.present(clientId, presented, isPlain ? { origin: isOwnOrigin ? null : origin } : 'none');
  }

  /** Finds a client's token; undefined if this service has not issued it to the client, or if its session has ended. */
  async find(clientId: string, token: string): Promise<FoundToken | undefined> {
    const scope = requestScope();
    const presented = scope.presented?.token === token ? undefined : this.tokens.parse(token);
    if (presented) {
      await this.present(clientId, presented, 'none');
    }
    return scope.presented?.token === token ? scope.presented.found : undefined;
  }

  /**
   * Rotates a token that has passed all checks, unless the statement that found it has rotated it.
   * @returns the token that is valid now
   * @throws InvalidGrant if the token has been used before; that ends its grant
   */
  async rotate(clientId: string, token: string, grantId: string): Promise<string> {
    const scope = requestScope();
    const presented = scope.presented?.successor === undefined ? this.tokens.parse(token) : undefined;
    if (presented) {
      await this.present(clientId, presented, 'checked');
    }
    const successor = scope.presented?.successor;
    if (successor === undefined) {
      await this.grants.endReused(grantId, 'refresh_token', scope.context);
      throw new errors.InvalidGrant('refresh token already used');
    }
    return successor;
  }

  private async present(
    clientId: string,
    presented: RefreshToken,
    rotation: Rotation,
  ): Promise<Application | undefined> {
    const { token, sessionId: familyId, hash } = presented;
    const successors = this.tokens.successors(presented);
    const { application, found } = await this.refreshTokens.present(
      { clientId, familyId, hash, successors: successors.map((next) => next.hash) },
      rotation,
    );
    const successor = successors.find((next) => found?.successor?.equals(next.hash))?.token;
    requestScope().presented = { token, found, successor };
    return application;
  }
}
