import {
  accessTokenType,
  authenticationClass,
  signatureAlgorithm,
  type ClientPrincipal,
  type Principal,
} from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT, type JWTPayload } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { KeysService } from '../keys/index.ts';

/** Signs access tokens. */
@Injectable()
export class AccessTokensService {
  constructor(
    private readonly keys: KeysService,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
  ) {}

  /** Life of a token, in s. */
  get ttlSeconds(): number {
    return this.config.ACCESS_TOKEN_TTL_SECONDS;
  }

  /** A JWT by the profile of RFC 9068 (which demands `client_id`), with the session's id as `sid`. */
  sign(principal: Principal): Promise<string> {
    const claims = {
      sid: principal.sessionId,
      roles: principal.roles,
      client_id: this.config.TOKEN_AUDIENCE,
      auth_time: principal.authTime,
      acr: authenticationClass(principal.amr),
      amr: principal.amr,
    };
    return this.issue(principal.accountId, claims, this.ttlSeconds);
  }

  /** The same for a service account, which has scopes (RFC 9068 §2.2.3) and no session. */
  signForClient({ serviceAccountId, keyId, scopes }: ClientPrincipal, ttlSeconds: number): Promise<string> {
    const claims = { client_id: serviceAccountId, key_id: keyId, scope: scopes.join(' ') };
    return this.issue(serviceAccountId, claims, ttlSeconds);
  }

  private issue(subject: string, claims: JWTPayload, ttlSeconds: number): Promise<string> {
    const { kid, privateKey } = this.keys.current();
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: signatureAlgorithm, typ: accessTokenType, kid })
      .setIssuer(this.config.TOKEN_ISSUER)
      .setAudience(this.config.TOKEN_AUDIENCE)
      .setSubject(subject)
      .setJti(uuidv7())
      .setIssuedAt(now)
      .setExpirationTime(now + ttlSeconds)
      .sign(privateKey);
  }
}
