import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { challengeOf, proofAlgorithms } from './credentials.ts';
import { Rejection, rejections } from './rejection.ts';

const proofType = 'dpop+jwt';
/** How far the client's clock may differ, and how long a proof can be used. */
const toleranceSeconds = 60;
/** Proofs are remembered for the whole time in which they would be accepted. */
const rememberedSeconds = 2 * toleranceSeconds;
/** The most proofs that are remembered; about 10 MiB. */
const maxRemembered = 50_000;

const claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  ath: z.string(),
});

/** What a service needs to accept access tokens that are bound to a key (RFC 9449). */
export interface DpopOptions {
  /** The URL under which clients reach the service. It can't follow from the request, whose `host` the client chooses. */
  publicUrl: string;
  /**
   * Remembers the identifier of a proof, for all replicas together. Without it, each replica remembers those that it has accepted.
   * @returns false if it has been used before
   */
  useOnce?: (identifier: string, seconds: number) => Promise<boolean>;
}

/** A request that presents a token by a proof. */
interface ProvedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** Verifies that the client of a token holds the key that the token is bound to (RFC 9449 §4.3). */
export class DpopProofs {
  private readonly base: string;
  private readonly useOnce: NonNullable<DpopOptions['useOnce']>;
  private readonly used = new LRUCache<string, true>({ max: maxRemembered, ttl: rememberedSeconds * 1000 });

  constructor({ publicUrl, useOnce }: DpopOptions) {
    this.base = publicUrl.replace(/\/$/, '');
    this.useOnce = useOnce ?? (async (identifier) => this.useHere(identifier));
  }

  /**
   * Requires that a request carries a new proof for its method, its URL, its token and the token's key.
   * @param thumbprint of the key that the token is bound to: `cnf.jkt` (RFC 9449 §6.1)
   * @throws Rejection `dpop_proof_invalid`
   */
  async assert({ method, url, headers }: ProvedRequest, token: string, thumbprint: string): Promise<void> {
    const { jti } = await this.verify(String(headers['dpop'] ?? ''), method, url, token, thumbprint).catch(
      (error: unknown) => {
        throw invalid(error);
      },
    );
    if (!(await this.useOnce(`${thumbprint} ${jti}`, rememberedSeconds))) {
      throw invalid(undefined);
    }
  }

  private async verify(proof: string, method: string, url: string, token: string, thumbprint: string) {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: proofAlgorithms,
      typ: proofType,
    });
    const proved = claims.parse(payload);
    assert.equal(proved.htm, method);
    assert.equal(withoutQuery(proved.htu), withoutQuery(this.base + url));
    assert.ok(Math.abs(Date.now() / 1000 - proved.iat) <= toleranceSeconds);
    assert.equal(proved.ath, hash('sha256', token, 'base64url'));
    assert.equal(await calculateJwkThumbprint(protectedHeader.jwk as JWK), thumbprint);
    return proved;
  }

  private useHere(identifier: string): boolean {
    const isNew = !this.used.has(identifier);
    this.used.set(identifier, true);
    return isNew;
  }
}

/** A URL in the normal form that proofs are compared in (RFC 9449 §4.3, item 9). */
function withoutQuery(text: string): string {
  const url = new URL(text);
  url.search = '';
  url.hash = '';
  return url.href;
}

const invalid = (cause: unknown) =>
  new Rejection(rejections.dpopProofInvalid, { cause, challenge: challengeOf('DPoP', 'error="invalid_dpop_proof"') });
