import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import passport from 'passport';
import { AccessTokens, type AccessTokenOptions, type PresentingRequest } from '#guard';

/** How a service verifies access tokens, and what its routes require. */
export interface JwtAuthOptions extends AccessTokenOptions {
  /** Maximum age of the authentication for routes with `@RequireRecentLogin()`; 900 if it is not set. */
  recentLoginSeconds?: number;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('access token options');

/** Passport's way to the guard's verification of access tokens. */
@Injectable()
export class AccessTokenStrategy extends passport.Strategy {
  /** Unique, because Passport's names are global and a process may run several applications. */
  readonly registeredName = `access-token ${randomUUID()}`;
  readonly tokens: AccessTokens;

  constructor(@Inject(ACCESS_TOKEN_OPTIONS) options: JwtAuthOptions) {
    super();
    this.tokens = new AccessTokens(options);
    passport.use(this.registeredName, this);
  }

  override authenticate(request: PresentingRequest): void {
    this.tokens.authenticate(request).then(
      (caller) => {
        this.success(caller);
      },
      (error: unknown) => {
        this.error(error);
      },
    );
  }
}
