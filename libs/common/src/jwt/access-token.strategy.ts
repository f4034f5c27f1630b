import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import assert from 'node:assert/strict';
import { randomUUID, type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { z } from 'zod';
import { problems } from '../errors/problem.ts';
import { challengeOf, challengeTo, credentialsOf, type Credentials } from './credentials.ts';
import { DpopProofs, type DpopOptions } from './dpop-proofs.ts';
import { accessTokenClaims, clientTokenClaims, type ClientPrincipal, type Principal } from './principal.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** The only accepted signature algorithm, whatever the token's header says (RFC 8725 §3.1). */
export const signatureAlgorithm = 'ES256';
/** The length of its signatures (RFC 7518 §3.4). */
const signatureBytes = 64;
/** The `typ` of access tokens (RFC 9068 §2.1). Tokens of other types are rejected. */
export const accessTokenType = 'at+jwt';

const clockToleranceSeconds = 5;

const decoder = new TextDecoder();

type Request = Parameters<Strategy['authenticate']>[0];
type PresentingRequest = Pick<Request, 'headers' | 'method' | 'url'>;

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
  /** Accepts tokens that are bound to a key of their client. Without it, the service rejects them. */
  dpop?: DpopOptions | undefined;
  /** Maximum age of the authentication for routes with `@RequireRecentLogin()`; 900 if it is not set. */
  recentLoginSeconds?: number;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('access token options');

/**
 * Verifies a request's access token: signature, `iss`, `aud`, `exp`, `typ`, claims, its client's key if it is bound to
 * one and, if configured, the session. The signature of a known token is not verified again while its key is unchanged. Expiry, claims and session are checked every time.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  /** Unique, because Passport's names are global and a process may run several applications. */
  readonly registeredName = `access-token ${randomUUID()}`;
  private readonly verified = new VerifiedTokens();
  private readonly proofs: DpopProofs | undefined;
  /** The key that each request's token is being verified with. */
  private readonly keys = new WeakMap<Request, { kid: string; key: KeyObject }>();

  constructor(@Inject(ACCESS_TOKEN_OPTIONS) private readonly options: AccessTokenOptions) {
    super({
      jwtFromRequest: (request: Request) => this.credentialsOf(request)?.token ?? null,
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
    this.proofs = options.dpop && new DpopProofs(options.dpop);
  }

  /** The credentials of a request, if the service accepts their scheme. */
  credentialsOf(request: Pick<Request, 'headers'>): Credentials | undefined {
    const credentials = credentialsOf(request);
    return credentials?.scheme === 'DPoP' && !this.proofs ? undefined : credentials;
  }

  /** The challenge to a request without credentials: all schemes that the service accepts. */
  get challenge(): string {
    return this.proofs ? `${challengeOf('Bearer')}, ${challengeOf('DPoP')}` : challengeOf('Bearer');
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
      this.verified.add(this.credentialsOf(request)?.token ?? '', { ...found, claims: payload, until });
    }
    return this.callerOf(request, payload);
  }

  /**
   * The account and session of a token whose signature, issuer and audience are valid, although it may have expired. Neither the
   * session nor the roles are checked.
   */
  async expiredCaller(request: PresentingRequest): Promise<Principal | undefined> {
    const token = this.credentialsOf(request)?.token ?? '';
    const { key } = await this.keyOf(token);
    const { issuer, audience } = this.options;
    const expected = accessTokenClaims.extend({ iss: z.literal(issuer), aud: z.literal(audience) });
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [signatureAlgorithm] });
      const claims = expected.parse(JSON.parse(decoder.decode(payload)));
      await this.assertBinding(request, claims.cnf);
      return principalOf(claims);
    } catch {
      return undefined;
    }
  }

  /** Returns the caller if the token was verified before with a key that is still current, otherwise null. */
  private async knownCaller(request: Request): Promise<Principal | ClientPrincipal | null> {
    const known = this.verified.find(this.credentialsOf(request)?.token ?? '');
    if (!known) {
      return null;
    }
    const key = await this.options.resolveKey(known.kid);
    return key === known.key ? this.callerOf(request, known.claims) : null;
  }

  private async callerOf(request: Request, payload: unknown): Promise<Principal | ClientPrincipal | null> {
    const client = clientTokenClaims.safeParse(payload);
    if (client.success) {
      await this.assertBinding(request, client.data.cnf);
      const { sub, key_id, scope } = client.data;
      const caller = { serviceAccountId: sub, keyId: key_id, scopes: scope.split(' ') };
      return this.options.checkClient ? this.options.checkClient(caller) : caller;
    }
    const claims = accessTokenClaims.safeParse(payload);
    if (!claims.success) {
      return null;
    }
    await this.assertBinding(request, claims.data.cnf);
    const principal = principalOf(claims.data);
    return this.options.checkSession ? this.options.checkSession(principal) : principal;
  }

  /**
   * Requires that a token that is bound to a key comes with a proof of that key, and any other one without the claim to be bound.
   * @throws ProblemException `token_invalid`, `dpop_proof_invalid`
   */
  private async assertBinding(request: PresentingRequest, cnf: { jkt: string } | undefined): Promise<void> {
    const { scheme, token = '' } = this.credentialsOf(request) ?? {};
    const isBound = cnf !== undefined;
    if (isBound !== (scheme === 'DPoP')) {
      const challenge =
        isBound && this.proofs
          ? challengeOf('DPoP', 'error="invalid_token", error_description="the token is bound to a key"')
          : challengeTo(request, 'error="invalid_token"');
      throw problems.tokenInvalid.exception({ challenge });
    }
    if (isBound) {
      await this.proofs?.assert(request, token, cnf.jkt);
    }
  }

  private async keyOf(token: string): Promise<{ kid: string; key: KeyObject }> {
    const { kid } = tokenHeader(token);
    return { kid, key: await this.options.resolveKey(kid) };
  }
}

function principalOf(claims: z.output<typeof accessTokenClaims>): Principal {
  const { sub, sid, roles, email_verified: emailVerified, amr, auth_time: authTime, cnf } = claims;
  const { client_id: clientId, scope, userinfo_claims: userinfoClaims, iat, exp } = claims;
  const issuedFor = { clientId, scope, userinfoClaims, lifetimeSeconds: iat === undefined ? undefined : exp - iat };
  return { accountId: sub, sessionId: sid, roles, emailVerified, amr, authTime, keyThumbprint: cnf?.jkt, issuedFor };
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
