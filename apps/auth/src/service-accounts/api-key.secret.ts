import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const pattern = /^(?<prefix>ak_[0-9a-f]{12})_[\w-]{43}$/;
const prefixBytes = 6;
const secretBytes = 32;

/** A new key, and what is stored of it. */
export interface NewApiKey {
  /** Secret; shown once. */
  key: string;
  prefix: string;
  /** SHA-256 of the whole key. */
  hash: Buffer;
}

/** Makes a key: a public prefix and 256 random bits. */
export function newApiKey(): NewApiKey {
  const prefix = `ak_${randomBytes(prefixBytes).toString('hex')}`;
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

/** SHA-256: a key has 256 random bits, so that it needs no slow hash. */
const hashOf = (key: string) => createHash('sha256').update(key).digest();
