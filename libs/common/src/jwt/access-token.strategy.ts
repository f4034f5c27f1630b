import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { randomUUID } from 'node:crypto';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import {
  AccessTokens,
  clockToleranceSeconds,
  signatureAlgorithm,
  type AccessTokenOptions,
  type Caller,
  type FoundKey,
  type PresentingRequest,
} from '#guard';

/** How a service verifies access tokens, and what its routes require. */
export interface JwtAuthOptions extends AccessTokenOptions {
  /** Maximum age of the authentication for routes with `@RequireRecentLogin()`; 900 if it is not set. */
  recentLoginSeconds?: number;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('access token options');

type Request = Parameters<Strategy['authenticate']>[0];

/** Verifies a request's access token by passport-jwt, and asks the guard who its caller is. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** Unique, because Passport's names are global and a process may run several applications. */
  readonly registeredName = `access-token ${randomUUID()}`;
  readonly tokens: AccessTokens;
  /** The key that each request's token is being verified with. */
  private readonly keys = new WeakMap<Request, FoundKey>();

  constructor(@Inject(ACCESS_TOKEN_OPTIONS) options: JwtAuthOptions) {
    super({
      jwtFromRequest: (request: Request) => this.tokens.credentialsOf(request)?.token ?? null,
      passReqToCallback: true,
      algorithms: [signatureAlgorithm],
      issuer: options.issuer,
      audience: options.audience,
      // only other members of this option are deprecated; clockTolerance can't be set elsewhere
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (request: Request, token: string, done) => {
        this.tokens.keyOf(token).then((found) => {
          this.keys.set(request, found);
          // jsonwebtoken accepts a KeyObject; the types of passport-jwt do not
          done(null, found.key as unknown as Buffer);
        }, done);
      },
    });
    this.tokens = new AccessTokens(options);
    passport.use(this.registeredName, this);
  }

  /** The signature of a known token is not verified again while its key is unchanged. */
  override authenticate(request: Request, options?: unknown): void {
    this.tokens.knownCaller(request).then(
      (caller) => {
        if (caller) {
          this.success(caller);
        } else {
          super.authenticate(request, options);
        }
      },
      (error: unknown) => {
        this.error(error as Error);
      },
    );
  }

  /**
   * Called once the signature is verified.
   * @returns the value of `request.user`
   * @throws Rejection if the claims or the session are invalid
   */
  async validate(request: Request & PresentingRequest, payload: { exp?: number }): Promise<Caller> {
    const found = this.keys.get(request);
    if (!found) {
      throw this.tokens.invalid(request);
    }
    return this.tokens.accept(request, found, payload);
  }
}
