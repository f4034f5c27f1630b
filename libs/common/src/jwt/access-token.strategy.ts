import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { randomUUID, type KeyObject } from 'node:crypto';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { z } from 'zod';
import { accessTokenClaims, clientTokenClaims, type ClientPrincipal, type Principal } from './principal.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** The only signature algorithm accepted, whatever a token's header says (RFC 8725 §3.1). */
export const signatureAlgorithm = 'ES256';
/** The `typ` of access tokens (RFC 9068 §2.1): a token of another kind is useless as one. */
export const accessTokenType = 'at+jwt';

const clockToleranceSeconds = 5;

const bearerToken = ExtractJwt.fromAuthHeaderAsBearerToken();

type Request = Parameters<Strategy['authenticate']>[0];

const headerSchema = z.object({ alg: z.literal(signatureAlgorithm), typ: z.literal(accessTokenType), kid: z.string() });

/** A token that names no usable key: the caller's fault, unlike a key that can't be fetched. */
export class UnusableTokenError extends Error {}

/** How a service checks access tokens. */
export interface AccessTokenOptions {
  issuer: string;
  audience: string;
  /**
   * Finds the public key of a `kid`.
   * @throws UnusableTokenError for an unknown one; anything else means that the keys can't be had now
   */
  resolveKey: (kid: string) => Promise<KeyObject>;
  /** Asks whether the session still lives and what it may; without it a revoked session lives until its token expires. */
  checkSession?: (principal: Principal) => Promise<Principal | null>;
  /** The same for a service account and its API key. */
  checkClient?: (client: ClientPrincipal) => Promise<ClientPrincipal | null>;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('access token options');

/**
 * Checks the bearer token of a request: signature, `iss`, `aud`, `exp`, `typ`, claims and, if asked, the session. A token that
 * comes again is not verified again while its key is the same; its life, claims and session are looked at each time.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** Passport's names are global to the process, where more than one application may run. */
  readonly registeredName = `access-token ${randomUUID()}`;
  private readonly verified = new VerifiedTokens();
  /** What the token of a request is being verified with. */
  private readonly keys = new WeakMap<Request, { kid: string; key: KeyObject }>();

  constructor(@Inject(ACCESS_TOKEN_OPTIONS) private readonly options: AccessTokenOptions) {
    super({
      jwtFromRequest: bearerToken,
      passReqToCallback: true,
      algorithms: [signatureAlgorithm],
      issuer: options.issuer,
      audience: options.audience,
      // its other members are deprecated, and this one has no other place
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (request: Request, token: string, done) => {
        this.keyOf(token).then((found) => {
          this.keys.set(request, found);
          // jsonwebtoken takes a KeyObject as it is; the types of passport-jwt do not know it
          done(null, found.key as unknown as Buffer);
        }, done);
      },
    });
    passport.use(this.registeredName, this);
  }

  override authenticate(request: Request, options?: unknown): void {
    this.callerSeenBefore(request).then(
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

  /** What becomes `request.user` after its token was verified; nothing where the claims or the session are no good. */
  async validate(request: Request, payload: { exp?: number }): Promise<Principal | ClientPrincipal | null> {
    const found = this.keys.get(request);
    if (found && payload.exp !== undefined) {
      const until = payload.exp + clockToleranceSeconds;
      this.verified.add(bearerToken(request) ?? '', { ...found, claims: payload, until });
    }
    return this.callerOf(payload);
  }

  /** Who calls by a token that was verified before, with a key that still counts; nothing where all is to be checked. */
  private async callerSeenBefore(request: Request): Promise<Principal | ClientPrincipal | null> {
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
 * Reads a token's header.
 * @throws UnusableTokenError unless it is that of an access token
 */
export function tokenHeader(token: string): z.output<typeof headerSchema> {
  try {
    const [header = ''] = token.split('.', 1);
    return headerSchema.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
  } catch (error) {
    throw new UnusableTokenError('the header is not that of an access token', { cause: error });
  }
}
