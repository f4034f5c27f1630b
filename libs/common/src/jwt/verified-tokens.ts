import { LRUCache } from 'lru-cache';
import type { KeyObject } from 'node:crypto';

/** A token with the key that its signature was checked with. */
interface VerifiedToken {
  kid: string;
  key: KeyObject;
  /** All that it says, to be looked at again each time. */
  claims: unknown;
  /** Last second of its life, in s since 1970, with the tolerance for clocks that differ. */
  until: number;
}

/** Some MiB of the tokens used last. */
const maxTokens = 5000;

/**
 * Tokens whose signatures need not be checked again: most callers bring theirs many times, and the check is the dearest part
 * of a request. Only the whole token finds its entry, no longer than it lives; whether its key still counts is for the caller to ask.
 */
export class VerifiedTokens {
  private readonly tokens = new LRUCache<string, VerifiedToken>({ max: maxTokens });

  add(token: string, verified: VerifiedToken): void {
    this.tokens.set(token, verified);
  }

  /** What a token was found to say, unless it has expired since. */
  find(token: string): VerifiedToken | undefined {
    const verified = this.tokens.get(token);
    return verified && Date.now() / 1000 < verified.until ? verified : undefined;
  }
}
