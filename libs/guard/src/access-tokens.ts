import { compactVerify, errors, jwtVerify } from 'jose';
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { accessTokenClaims, clientTokenClaims, type Caller, type ClientPrincipal, type Principal } from './caller.ts';
import { challengeOf, challengeTo, credentialsOf, type Credentials } from './credentials.ts';
import { DpopProofs, type DpopOptions } from './dpop-proofs.ts';
import { Rejection, rejections } from './rejection.ts';
import { assertMfa, assertRolesAndScopes, challenged, type Requirements } from './requirements.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** The only accepted signature algorithm, whatever the token's header says (RFC 8725 §3.1). */
export const signatureAlgorithm = 'ES256';
/** The length of its signatures (RFC 7518 §3.4). */
const signatureBytes = 64;
/** The `typ` of access tokens (RFC 9068 §2.1). Tokens of other types are rejected. */
export const accessTokenType = 'at+jwt';

export const clockToleranceSeconds = 5;

const decoder = new TextDecoder();

/** A request that presents a token. */
export interface PresentingRequest {
  headers: IncomingHttpHeaders;
  method: string;
  /** Path and query, as the client sent them. */
  url: string;
}

const headerSchema = z.object({ alg: z.literal(signatureAlgorithm), typ: z.literal(accessTokenType), kid: z.string() });

/** The token names no usable key. This is the caller's fault, unlike a key that can't be fetched. */
export class UnusableTokenError extends Error {}

/** A public key, and the name by which a token names it. */
export interface FoundKey {
  kid: string;
  key: KeyObject;
}

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
}

/**
 * Verifies a request's access token: signature, `iss`, `aud`, `exp`, `typ`, claims, its client's key if it is bound to
 * one and, if configured, the session. The signature of a known token is not verified again while its key is unchanged. Expiry, claims and session are checked every time.
 */
export class AccessTokens {
  private readonly options: AccessTokenOptions;
  private readonly verified = new VerifiedTokens();
  private readonly proofs: DpopProofs | undefined;

  constructor(options: AccessTokenOptions) {
    // libraries verify neither if it is missing, as it is in a program without types
    if (!options.issuer || !options.audience) {
      throw new TypeError('issuer and audience are required');
    }
    this.options = options;
    this.proofs = options.dpop && new DpopProofs(options.dpop);
  }

  /**
   * Identifies the caller, and requires what a route requires.
   * @throws Rejection
   */
  async authorize(request: PresentingRequest, requirements: Requirements = {}): Promise<Caller> {
    const caller = await this.authenticate(request);
    assertRolesAndScopes(request, caller, requirements);
    if (requirements.mfa) {
      assertMfa(request, caller, requirements.mfa);
    }
    return caller;
  }

  /**
   * Identifies the caller.
   * @throws Rejection `token_missing`, `token_invalid`, `token_expired`, `dpop_proof_invalid`, `keys_unavailable`
   */
  async authenticate(request: PresentingRequest): Promise<Caller> {
    const token = this.credentialsOf(request)?.token;
    if (token === undefined) {
      throw this.missing();
    }
    try {
      const known = await this.knownCaller(request);
      if (known) {
        return known;
      }
      const found = await this.keyOf(token);
      const { issuer, audience } = this.options;
      const { payload } = await jwtVerify(token, found.key, {
        algorithms: [signatureAlgorithm],
        typ: accessTokenType,
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
      });
      return await this.accept(request, found, payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw this.expired(request);
      }
      if (error instanceof UnusableTokenError || error instanceof errors.JOSEError) {
        throw this.invalid(request);
      }
      throw error;
    }
  }

  /** The caller of a token that was verified before with a key that is still current. */
  async knownCaller(request: PresentingRequest): Promise<Caller | undefined> {
    const known = this.verified.find(this.credentialsOf(request)?.token ?? '');
    if (!known) {
      return undefined;
    }
    const key = await this.options.resolveKey(known.kid);
    return key === known.key ? this.callerOf(request, known.claims) : undefined;
  }

  /**
   * The caller of a token whose signature, issuer, audience and expiry a library has just verified. Its next use costs no signature.
   * @throws Rejection `token_invalid`, `dpop_proof_invalid`
   */
  async accept(request: PresentingRequest, found: FoundKey, claims: { exp?: number }): Promise<Caller> {
    const { token = '' } = this.credentialsOf(request) ?? {};
    if (claims.exp !== undefined) {
      this.verified.add(token, { ...found, claims, until: claims.exp + clockToleranceSeconds });
    }
    return this.callerOf(request, claims);
  }

  missing(): Rejection {
    return new Rejection(rejections.tokenMissing, { challenge: this.challenge });
  }

  expired(request: PresentingRequest): Rejection {
    return challenged(rejections.tokenExpired, request, 'error="invalid_token", error_description="expired"');
  }

  invalid(request: PresentingRequest): Rejection {
    return challenged(rejections.tokenInvalid, request, 'error="invalid_token"');
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

  /** The credentials of a request, if the service accepts their scheme. */
  credentialsOf(request: Pick<PresentingRequest, 'headers'>): Credentials | undefined {
    const credentials = credentialsOf(request);
    return credentials?.scheme === 'DPoP' && !this.proofs ? undefined : credentials;
  }

  /** The challenge to a request without credentials: all schemes that the service accepts. */
  private get challenge(): string {
    return this.proofs ? `${challengeOf('Bearer')}, ${challengeOf('DPoP')}` : challengeOf('Bearer');
  }

  /** @throws Rejection `token_invalid`, `dpop_proof_invalid` */
  private async callerOf(request: PresentingRequest, payload: unknown): Promise<Caller> {
    const caller = await this.checkedCaller(request, payload);
    if (!caller) {
      throw this.invalid(request);
    }
    return caller;
  }

  private async checkedCaller(request: PresentingRequest, payload: unknown): Promise<Caller | null> {
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
   * @throws Rejection `token_invalid`, `dpop_proof_invalid`
   */
  private async assertBinding(request: PresentingRequest, cnf: { jkt: string } | undefined): Promise<void> {
    const { scheme, token = '' } = this.credentialsOf(request) ?? {};
    const isBound = cnf !== undefined;
    if (isBound !== (scheme === 'DPoP')) {
      const challenge =
        isBound && this.proofs
          ? challengeOf('DPoP', 'error="invalid_token", error_description="the token is bound to a key"')
          : challengeTo(request, 'error="invalid_token"');
      throw new Rejection(rejections.tokenInvalid, { challenge });
    }
    if (isBound) {
      await this.proofs?.assert(request, token, cnf.jkt);
    }
  }

  /**
   * The key that a token names.
   * @throws UnusableTokenError if it names none, or is no access token
   */
  async keyOf(token: string): Promise<FoundKey> {
    const { kid } = tokenHeader(token);
    return { kid, key: await this.options.resolveKey(kid) };
  }
}

function principalOf(claims: z.output<typeof accessTokenClaims>): Principal {
  const { sub, sid, roles, email_verified: emailVerified, amr, auth_time: authTime, cnf } = claims;
  const { client_id: clientId, scope, userinfo_claims: userinfoClaims, grant_id: grantId, iat, exp } = claims;
  const lifetimeSeconds = iat === undefined ? undefined : exp - iat;
  const issuedFor = { clientId, scope, userinfoClaims, grantId, lifetimeSeconds };
  return { accountId: sub, sessionId: sid, roles, emailVerified, amr, authTime, keyThumbprint: cnf?.jkt, issuedFor };
}

/**
 * Parses a token's header.
 * @throws UnusableTokenError if it is not an access token's header, or if the signature has another length: libraries reject that
 *   with errors that do not blame the token
 */
function tokenHeader(token: string): z.output<typeof headerSchema> {
  try {
    const [header = '', , signature = ''] = token.split('.', 3);
    assert.equal(Buffer.from(signature, 'base64url').length, signatureBytes);
    return headerSchema.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
  } catch (error) {
    throw new UnusableTokenError('the header is not that of an access token', { cause: error });
  }
}
