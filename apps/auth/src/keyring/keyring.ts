import { Inject, Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG } from '../config.ts';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** No key of the ring decrypts a value. */
class UndecryptableError extends Error {
  override name = 'UndecryptableError';

  constructor(context: string) {
    super(`No key of KEY_ENCRYPTION_KEYS decrypts ${context}.`);
  }
}

/** The key-encryption keys from the environment. The first key encrypts, every key decrypts. */
@Injectable()
export class Keyring {
  private readonly keys: readonly Buffer[];

  constructor(@Inject(AUTH_CONFIG) config: { KEY_ENCRYPTION_KEYS: readonly Buffer[] }) {
    this.keys = config.KEY_ENCRYPTION_KEYS;
  }

  /**
   * Encrypts with AES-256-GCM (NIST SP 800-38D) under the first key of the ring.
   * @param context names the row that the value belongs to; the ciphertext decrypts only with the same context
   */
  encrypt(plaintext: Buffer, context: string): Buffer {
    const iv = randomBytes(ivBytes);
    const encryption = createCipheriv(cipher, this.keys[0] as Buffer, iv).setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()]);
    return Buffer.concat([iv, encryption.getAuthTag(), ciphertext]);
  }

  /** @throws UndecryptableError if no key of the ring decrypts the value, or if it was encrypted with another context */
  decrypt(sealed: Buffer, context: string): Buffer {
    for (const key of this.keys) {
      const opened = open(key, sealed, context);
      if (opened) {
        return opened;
      }
    }
    throw new UndecryptableError(context);
  }

  /**
   * Encrypts a value again under the first key of the ring.
   * @returns undefined if the first key already decrypts the value
   * @throws UndecryptableError if no key of the ring decrypts the value
   */
  reencrypt(sealed: Buffer, context: string): Buffer | undefined {
    const isCurrent = open(this.keys[0] as Buffer, sealed, context) !== undefined;
    return isCurrent ? undefined : this.encrypt(this.decrypt(sealed, context), context);
  }

  /**
   * Derives the keys for one purpose with HKDF-SHA-256 (RFC 5869): one for each key of the ring, in the same order.
   * @param purpose the keys of one purpose reveal nothing about those of another
   */
  derive(purpose: string): KeyObject[] {
    const info = `devopslocally ${purpose}`;
    return this.keys.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, 32))));
  }
}

function open(key: Buffer, sealed: Buffer, context: string): Buffer | undefined {
  const decryption = createDecipheriv(cipher, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decryption.update(sealed.subarray(ivBytes + tagBytes)), decryption.final()]);
  } catch {
    // encrypted under another key
    return undefined;
  }
}
