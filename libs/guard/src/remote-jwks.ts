import { createRemoteJWKSet, errors, type CryptoKey } from 'jose';
import { KeyObject } from 'node:crypto';
import { accessTokenType, signatureAlgorithm, UnusableTokenError, type AccessTokenOptions } from './access-tokens.ts';
import { Rejection, rejections } from './rejection.ts';

const timeoutMs = 2000;
const maxAgeMs = 5 * 60 * 1000;
/** Limits fetches caused by tokens with invented key ids. */
const cooldownMs = 1000;

/**
 * Finds keys in another service's JSON Web Key Set (RFC 7517). The set is cached for 5 minutes. An unknown key id triggers a new
 * fetch, at most once per second.
 * @param url the auth service's `/.well-known/jwks.json`
 * @returns a resolver that throws `keys_unavailable` (503) while the key set can't be fetched
 */
export function remoteJwks(url: URL): AccessTokenOptions['resolveKey'] {
  const keySet = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: maxAgeMs,
    cooldownDuration: cooldownMs,
  });
  // one KeyObject per key, because node:crypto caches derived data in it
  const keyObjects = new WeakMap<CryptoKey, KeyObject>();
  return async (kid) => {
    try {
      const key = await keySet({ alg: signatureAlgorithm, typ: accessTokenType, kid });
      const keyObject = keyObjects.get(key) ?? KeyObject.from(key);
      keyObjects.set(key, keyObject);
      return keyObject;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) {
        throw new UnusableTokenError('no such key', { cause: error });
      }
      throw new Rejection(rejections.keysUnavailable, { cause: error, retryAfter: 1 });
    }
  };
}
