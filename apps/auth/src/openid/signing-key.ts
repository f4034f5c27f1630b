import { signatureAlgorithm } from '#common';
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { ExternalSigningKey as SigningKey, JWK } from 'oidc-provider';
import type { PrivateKey } from '../signing-keys/index.ts';
import { ExternalSigningKey } from './library.ts';

/**
 * A key as the library takes it. It would hand each signature to the thread pool, which takes longer than an ES256 signature itself: those
 * are made at once by node:crypto. An RSA signature takes too long for that.
 */
export function signingKeyOf({ kid, algorithm, privateKey, publicJwk }: PrivateKey): JWK | SigningKey {
  return algorithm === signatureAlgorithm
    ? elliptic(kid, privateKey)
    : { ...publicJwk, ...privateKey.export({ format: 'jwk' }) };
}

function elliptic(kid: string, privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  return new (class extends ExternalSigningKey {
    override get kid() {
      return kid;
    }

    override get alg() {
      return signatureAlgorithm;
    }

    override keyObject() {
      return publicKey;
    }

    override sign(data: Uint8Array) {
      return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    }
  })();
}
