import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const pattern = /^(?<prefix>ak_[0-9a-f]{12})_[\w-]{43}$/;
const prefixBytes = 6;
const secretBytes = 32;

/** A new secret of a program, and what is stored of it. */
export interface NewSecret {
  /** Shown once. */
  key: string;
  prefix: string;
  /** SHA-256 of the whole secret. */
  hash: Buffer;
}

/**
 * Makes a secret: a public prefix and 256 random bits.
 * @param kind `ak` for an API key, `cs` for the secret of an application
 */
export function newSecret(kind: 'ak' | 'cs'): NewSecret {
  const prefix = `${kind}_${randomBytes(prefixBytes).toString('hex')}`;
  const key = `${prefix}_${randomBytes(secretBytes).toString('base64url')}`;
  return { key, prefix, hash: hashOf(key) };
}

/** The prefix of a key; undefined if it does not have the form of our keys. */
export function prefixOf(key: string): string | undefined {
  return pattern.exec(key)?.groups?.['prefix'];
}

/** Whether a key has this hash, compared in constant time. */
export function isKeyOf(key: string, hash: Buffer): boolean {
  return timingSafeEqual(hashOf(key), hash);
}

/** SHA-256: a secret has 256 random bits, so that it needs no slow hash. */
export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
