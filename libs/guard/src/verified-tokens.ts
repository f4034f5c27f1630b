import { LRUCache } from 'lru-cache';
import type { KeyObject } from 'node:crypto';

/** A token's claims and the key that verified its signature. */
interface VerifiedToken {
  kid: string;
  key: KeyObject;
  /** The payload; must be checked at each use. */
  claims: unknown;
  /** Expiry including the clock tolerance, in seconds since 1970. */
  until: number;
}

/** The most recently used tokens; a few MiB. */
const maxTokens = 5000;

/**
 * Cache of tokens with a verified signature. Most callers send the same token many times, and verifying the signature is the
 * most expensive part of a request. The whole token is the cache key. Callers must check that the entry's key is still valid.
 */
export class VerifiedTokens {
  private readonly tokens = new LRUCache<string, VerifiedToken>({ max: maxTokens });

  /** Adds a token after its signature was verified. */
  add(token: string, verified: VerifiedToken): void {
    this.tokens.set(token, verified);
  }

  /** Returns a token's entry, unless the token has expired. */
  find(token: string): VerifiedToken | undefined {
    const verified = this.tokens.get(token);
    return verified && Date.now() / 1000 < verified.until ? verified : undefined;
  }
}
