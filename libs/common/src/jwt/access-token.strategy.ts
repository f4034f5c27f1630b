import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import assert from 'node:assert/strict';
import { randomUUID, type KeyObject } from 'node:crypto';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { z } from 'zod';
import { accessTokenClaims, clientTokenClaims, type ClientPrincipal, type Principal } from './principal.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** The only accepted signature algorithm, whatever the token's header says (RFC 8725 §3.1). */
export const signatureAlgorithm = 'ES256';
/** The length of its signatures (RFC 7518 §3.4). */
const signatureBytes = 64;
/** The `typ` of access tokens (RFC 9068 §2.1). Tokens of other types are rejected. */
export const accessTokenType = 'at+jwt';

const clockToleranceSeconds = 5;

const bearerToken = ExtractJwt.fromAuthHeaderAsBearerToken();

type Request = Parameters<Strategy['authenticate']>[0];

const headerSchema = z.object({ alg: z.literal(signatureAlgorithm), typ: z.literal(accessTokenType), kid: z.string() });

/** The token names no usable key. This is the caller's fault, unlike a key that can't be fetched. */
export class UnusableTokenError extends Error {}

/** How a service verifies access tokens. */
export interface AccessTokenOptions {
  issuer: string;
  audience: string;
  /**
   * Finds the public key with a given `kid`.
   * @throws UnusableTokenError for an unknown `kid`; any other error means that the keys are unavailable
   */
  resolveKey: (kid: string) => Promise<KeyObject>;
  /**
   * Returns the session's current principal, or null if the session has ended. Without it, a revoked session stays valid until
   * its access token expires.
   */
  checkSession?: (principal: Principal) => Promise<Principal | null>;
  /** The same as `checkSession`, for a service account and its API key. */
  checkClient?: (client: ClientPrincipal) => Promise<ClientPrincipal | null>;
  /** Maximum age of the authentication for routes with `@RequireRecentLogin()`; 900 if it is not set. */
  recentLoginSeconds?: number;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('access token options');

/**
 * Verifies a request's bearer token: signature, `iss`, `aud`, `exp`, `typ`, claims and, if configured, the session. The signature
 * of a known token is not verified again while its key is unchanged. Expiry, claims and session are checked every time.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** Unique, because Passport's names are global and a process may run several applications. */
  readonly registeredName = `access-token ${randomUUID()}`;
  private readonly verified = new VerifiedTokens();
  /** The key that each request's token is being verified with. */
  private readonly keys = new WeakMap<Request, { kid: string; key: KeyObject }>();

  constructor(@Inject(ACCESS_TOKEN_OPTIONS) private readonly options: AccessTokenOptions) {
    super({
      jwtFromRequest: bearerToken,
      passReqToCallback: true,
      algorithms: [signatureAlgorithm],
      issuer: options.issuer,
      audience: options.audience,
      // only other members of this option are deprecated; clockTolerance can't be set elsewhere
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (request: Request, token: string, done) => {
        this.keyOf(token).then((found) => {
          this.keys.set(request, found);
          // jsonwebtoken accepts a KeyObject; the types of passport-jwt do not
          done(null, found.key as unknown as Buffer);
        }, done);
      },
    });
    passport.use(this.registeredName, this);
  }

  override authenticate(request: Request, options?: unknown): void {
    this.knownCaller(request).then(
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
   * @returns the value of `request.user`, or null if the claims or the session are invalid
   */
  async validate(request: Request, payload: { exp?: number }): Promise<Principal | ClientPrincipal | null> {
    const found = this.keys.get(request);
    if (found && payload.exp !== undefined) {
      const until = payload.exp + clockToleranceSeconds;
      this.verified.add(bearerToken(request) ?? '', { ...found, claims: payload, until });
    }
    return this.callerOf(payload);
  }

  /** Returns the caller if the token was verified before with a key that is still current, otherwise null. */
  private async knownCaller(request: Request): Promise<Principal | ClientPrincipal | null> {
    const known = this.verified.find(bearerToken(request) ?? '');
    if (!known) {
      return null;
    }
    const key = await this.options.resolveKey(known.kid);
    return key === known.key ? this.callerOf(known.claims) : null;
  }

  private async callerOf(payload: unknown): Promise<Principal | ClientPrincipal | null> {
    const client = clientTokenClaims.safeParse(payload);
    if (client.success) {
      const { sub, key_id, scope } = client.data;
      const caller = { serviceAccountId: sub, keyId: key_id, scopes: scope.split(' ') };
      return this.options.checkClient ? this.options.checkClient(caller) : caller;
    }
    const claims = accessTokenClaims.safeParse(payload);
    if (!claims.success) {
      return null;
    }
    const { sub: accountId, sid: sessionId, roles, amr, auth_time: authTime } = claims.data;
    const principal = { accountId, sessionId, roles, amr, authTime };
    return this.options.checkSession ? this.options.checkSession(principal) : principal;
  }

  private async keyOf(token: string): Promise<{ kid: string; key: KeyObject }> {
    const { kid } = tokenHeader(token);
    return { kid, key: await this.options.resolveKey(kid) };
  }
}

/**
 * Parses a token's header.
 * @throws UnusableTokenError if it is not an access token's header, or if the signature has another length: libraries reject that
 *   with errors that do not blame the token
 */
export function tokenHeader(token: string): z.output<typeof headerSchema> {
  try {
    const [header = '', , signature = ''] = token.split('.', 3);
    assert.equal(Buffer.from(signature, 'base64url').length, signatureBytes);
    return headerSchema.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
  } catch (error) {
    throw new UnusableTokenError('the header is not that of an access token', { cause: error });
  }
}
