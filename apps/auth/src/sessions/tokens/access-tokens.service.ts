import {
  accessTokenType,
  authenticationClass,
  signatureAlgorithm,
  type ClientPrincipal,
  type Principal,
} from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { derToJose } from 'ecdsa-sig-formatter';
import { randomUUID, sign } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { SigningKeysService } from '../../signing-keys/index.ts';

/** Signs access tokens. */
@Injectable()
export class AccessTokensService {
  constructor(
    private readonly keys: SigningKeysService,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
  ) {}

  /** Lifetime of an access token, in seconds. */
  get ttlSeconds(): number {
    return this.config.ACCESS_TOKEN_TTL_SECONDS;
  }

  /**
   * An access token for a session, as responses contain it (RFC 6749 §5.1): a JWT (RFC 9068, which requires `client_id`) with the
   * session's id as `sid`. It is for the same application as the token that the principal comes from, lives no longer, and is bound to
   * the same key (RFC 9449 §6.1).
   */
  issue(principal: Principal): { access_token: string; token_type: 'Bearer' | 'DPoP'; expires_in: number } {
    const { keyThumbprint: jkt, issuedFor } = principal;
    const expires_in = Math.min(this.ttlSeconds, issuedFor?.lifetimeSeconds ?? this.ttlSeconds);
    const claims = {
      sid: principal.sessionId,
      roles: principal.roles,
      email_verified: principal.emailVerified,
      client_id: issuedFor?.clientId ?? this.config.TOKEN_AUDIENCE,
      ...(issuedFor?.scope !== undefined && { scope: issuedFor.scope }),
      ...(issuedFor?.userinfoClaims !== undefined && { userinfo_claims: issuedFor.userinfoClaims }),
      ...(issuedFor?.grantId !== undefined && { grant_id: issuedFor.grantId }),
      auth_time: principal.authTime,
      acr: authenticationClass(principal.amr),
      amr: principal.amr,
      ...(jkt !== undefined && { cnf: { jkt } }),
    };
    const token_type = jkt === undefined ? 'Bearer' : 'DPoP';
    return { access_token: this.sign(principal.accountId, claims, expires_in), token_type, expires_in };
  }

  /**
   * A JWT for a service account, which has scopes (RFC 9068 §2.2.3) and no session.
   * @param ttlSeconds its lifetime
   */
  signForClient({ serviceAccountId, keyId, scopes }: ClientPrincipal, ttlSeconds: number): string {
    const claims = { client_id: serviceAccountId, key_id: keyId, scope: scopes.join(' ') };
    return this.sign(serviceAccountId, claims, ttlSeconds);
  }

  /**
   * A JWS in compact serialisation (RFC 7515 §3.1). node:crypto signs it synchronously: handing the work to the thread pool, as
   * libraries do, takes longer than the signature itself.
   */
  private sign(subject: string, claims: object, ttlSeconds: number): string {
    const { kid, privateKey } = this.keys.current();
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: signatureAlgorithm, typ: accessTokenType, kid };
    const { TOKEN_ISSUER: iss, TOKEN_AUDIENCE: aud } = this.config;
    const payload = { ...claims, iss, aud, sub: subject, jti: randomUUID(), iat: now, exp: now + ttlSeconds };
    const signed = `${encode(header)}.${encode(payload)}`;
    return `${signed}.${derToJose(sign('sha256', Buffer.from(signed), privateKey), signatureAlgorithm)}`;
  }
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
