import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const pattern = /^(?<prefix>ak_[0-9a-f]{12})_[\w-]{43}$/;
const prefixBytes = 6;
const secretBytes = 32;

/** A new key, and what may be stored of it. */
export interface NewApiKey {
  key: string;
  prefix: string;
  hash: Buffer;
}

/** Makes a key of 256 random bits behind a prefix that is no secret. */
export function newApiKey(): NewApiKey {
  const prefix = `ak_${randomBytes(prefixBytes).toString('hex')}`;
  const key = `${prefix}_${randomBytes(secretBytes).toString('base64url')}`;
  return { key, prefix, hash: hashOf(key) };
}

/** The prefix that a key is looked up by; nothing if it does not look like one of ours. */
export function prefixOf(key: string): string | undefined {
  return pattern.exec(key)?.groups?.['prefix'];
}

/** Whether the key has this hash, in the same time for a yes and a no. */
export function isKeyOf(key: string, hash: Buffer): boolean {
  return timingSafeEqual(hashOf(key), hash);
}

/** SHA-256; the key has 256 random bits, so that no slow hash is needed. */
const hashOf = (key: string) => createHash('sha256').update(key).digest();
